"""The simulator: labelled five-band tiles over fractal or given terrain, in any season.

from trainer.simulate.scene import simulate_tile
tile = simulate_tile(seed=1, size=256, season="winter")    # "winter" | "summer" | "any"
tile.numbers    # uint16 (5, h, w), Landsat Collection-2 Level-2 digital numbers, 0 = no data
tile.labels     # uint8 (h, w), 0 background, 1 clean ice, 2 debris, 3 water, 255 no data

python -m trainer simulate --out DIR --tiles 60 --seed 1 --size 256    # the reference layout, on all cores
"""
