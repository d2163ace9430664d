"""Random fields belong to a seed and a concern."""

import numpy as np

from trainer.simulate.noise import fractal, generator, smooth_step


def test_a_further_draw_in_one_concern_leaves_the_others_alone() -> None:
    first = generator(1, "snow").random(3)
    generator(1, "debris").random(100)
    assert np.array_equal(generator(1, "snow").random(3), first)


def test_concerns_and_seeds_draw_different_numbers() -> None:
    draws = {float(generator(seed, name).random()) for seed in (1, 2) for name in ("snow", "debris")}
    assert len(draws) == 4


def test_noise_is_standardised_and_as_smooth_as_asked_for() -> None:
    rough = fractal(np.random.default_rng(0), (64, 64), longest_px=16, slope=0.5)
    smooth = fractal(np.random.default_rng(0), (64, 64), longest_px=16, slope=4.0)
    assert abs(rough.mean()) < 1e-9
    assert abs(rough.std() - 1) < 1e-9
    assert np.abs(np.diff(smooth)).mean() < 0.7 * np.abs(np.diff(rough)).mean()


def test_a_smooth_step_runs_either_way() -> None:
    values = np.array([0.0, 1.0, 2.0])
    assert smooth_step(values, 0, 2).tolist() == [0, 0.5, 1]
    assert smooth_step(values, 2, 0).tolist() == [1, 0.5, 0]
