"""Composites: the stretch sees only valid pixels, gaps stay transparent, missing bands are no composite."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.present.composites import COMPOSITES, available_composites, channel_planes, paint, stretch_limits
from core.present.ramps import COLD_TO_WARM, DOUBT_TO_TRUST, ramp_table
from core.types import BANDS, Pixels

SWIR, NATURAL, THERMAL = COMPOSITES


def pixels(seed: int = 0, shape: tuple[int, int] = (20, 30)) -> Pixels:
    values = np.random.default_rng(seed).random((5, *shape)).astype(np.float32)
    valid = np.ones(shape, bool)
    valid[0] = False
    values[:, 0] = 1e6  # rubbish that no stretch may see
    return Pixels(values, valid)


def test_values_without_data_do_not_reach_the_stretch() -> None:
    limits = stretch_limits(SWIR, channel_planes(SWIR, pixels()))
    assert limits is not None
    assert max(high for _, high in limits) <= 1


def test_the_stretch_runs_from_the_2nd_to_the_98th_percentile() -> None:
    plane = np.arange(1001, dtype=np.float32).reshape(1, 7, 143)
    assert stretch_limits(THERMAL, plane) == ((20.0, 980.0),)


def test_natural_colour_stretches_all_channels_alike_and_false_colour_does_not() -> None:
    planes = np.stack([np.linspace(0, top, 100, dtype=np.float32).reshape(10, 10) for top in (1, 2, 3)])
    natural, false = stretch_limits(NATURAL, planes), stretch_limits(SWIR, planes)
    assert natural is not None
    assert false is not None
    assert len(set(natural)) == 1
    assert len(set(false)) == 3


def test_no_data_and_gaps_are_transparent() -> None:
    tile = pixels()
    tile.values[BANDS.index("thermal"), 5, 5] = np.nan
    planes = channel_planes(THERMAL, tile)
    limits = stretch_limits(THERMAL, planes)
    assert limits is not None
    painted = paint(planes, limits)
    assert painted[0, :, 3].max() == 0
    assert painted[5, 5, 3] == 0
    assert painted[6, :, 3].min() == 255


def test_red_is_shortwave_infrared_in_the_false_colour_composite() -> None:
    values = np.zeros((5, 1, 3), np.float32)
    values[BANDS.index("swir1")] = [[0, 0.5, 1]]
    painted = paint(channel_planes(SWIR, Pixels(values, np.ones((1, 3), bool))), ((0, 1), (0, 1), (0, 1)))
    assert painted[0, :, 0].tolist() == [0, 128, 255]
    assert painted[..., 1:3].max() < 129


@pytest.mark.parametrize(
    ("present", "kinds"),
    [
        ((True,) * 5, ["composite-swir", "composite-natural", "composite-thermal"]),
        ((True, True, True, True, False), ["composite-swir", "composite-natural"]),
        ((True, True, True, False, False), ["composite-natural"]),
        ((False, False, False, False, True), ["composite-thermal"]),
    ],
)
def test_only_composites_whose_bands_exist_are_offered(present: tuple[bool, ...], kinds: list[str]) -> None:
    assert [composite.kind for composite in available_composites(present)] == kinds


def test_a_band_without_any_data_gives_no_limits() -> None:
    assert stretch_limits(THERMAL, np.full((1, 4, 4), np.nan, np.float32)) is None


def test_a_tile_of_one_single_value_is_a_middle_grey() -> None:
    planes = np.full((3, 2, 2), 0.4, np.float32)
    limits = stretch_limits(NATURAL, planes)
    assert limits is not None
    assert np.unique(paint(planes, limits)[..., :3]).tolist() == [128]


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_every_size_is_painted_and_only_no_data_is_clear(height: int, width: int, seed: int) -> None:
    tile = pixels(seed, (height, width))
    planes = channel_planes(NATURAL, tile)
    limits = stretch_limits(NATURAL, planes)
    if limits is None:
        assert not tile.valid.any()
        return
    assert np.array_equal(paint(planes, limits)[..., 3] == 255, tile.valid)


@pytest.mark.parametrize("anchors", [COLD_TO_WARM, DOUBT_TO_TRUST])
def test_a_ramp_gets_steadily_brighter(anchors: tuple[str, ...]) -> None:
    linear = (ramp_table(anchors) / 255.0) ** 2.2
    brightness = linear @ [0.2126, 0.7152, 0.0722]
    assert np.diff(brightness).min() > -1e-3
    assert brightness[-1] > 0.7
    assert brightness[0] < 0.06
