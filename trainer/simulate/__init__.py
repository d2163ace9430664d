"""The simulator: labelled five-band tiles over fractal or given terrain, in any season.

In Python, `trainer.simulate.scene.simulate_tile(seed=1, size=256, season="winter")` gives a tile whose
`numbers` are uint16 (5, h, w) Landsat Collection-2 Level-2 digital numbers, 0 where there is no data, and
whose `labels` are uint8 (h, w): 0 background, 1 clean ice, 2 debris-covered ice, 3 water, 255 no data.

On the command line, `python -m trainer simulate --out DIR --tiles 60 --seed 1` writes the layout of the
reference data set on all cores. What is simulated, and how it compares with real tiles: docs/simulator.md.
"""
