"""The colours of maps that set a rule beside the network."""

from __future__ import annotations

import pytest

from core.checks import BandFit, Rule
from core.measure.clouds import CLOUD, CLOUD_KNOWN
from core.measure.votes import ICE, KNOWN, NETWORK
from core.present.check_charts import band_fit_bars
from core.present.ramps import rgb
from core.present.verdicts import (
    BOTH_COLOUR,
    CLOUD_COLOUR,
    NETWORK_COLOUR,
    OUTSIDE,
    RULE_COLOUR,
    UNKNOWN_RGBA,
    cloud_palette,
    cloud_rows,
    rule_palette,
    rule_rows,
    spread_palette,
)
from core.types import NO_DATA


@pytest.mark.parametrize("rule", list(Rule))
def test_each_verdict_has_the_colour_that_the_legend_gives_it(rule: Rule) -> None:
    palette, known, ice = rule_palette(rule), KNOWN[rule], ICE[rule]
    shown = {
        NETWORK_COLOUR: known | NETWORK,
        RULE_COLOUR: known | ice,
        BOTH_COLOUR: known | ice | NETWORK,
    }
    for colour, vote in shown.items():
        assert tuple(palette[vote, :3]) == rgb(colour)
        assert colour in {row.colour for row in rule_rows(rule)}
    assert palette[known, 3] == 0  # neither says ice
    for vote in (0, NETWORK, NO_DATA):
        assert tuple(palette[vote]) == UNKNOWN_RGBA
    assert palette[OUTSIDE, 3] == 0


def test_the_map_of_cloud_shows_cloud_and_where_nobody_can_tell() -> None:
    palette = cloud_palette()
    assert tuple(palette[CLOUD | CLOUD_KNOWN, :3]) == rgb(CLOUD_COLOUR)
    assert CLOUD_COLOUR in {row.colour for row in cloud_rows()}
    assert palette[CLOUD_KNOWN | NETWORK, 3] == 0
    for vote in (0, NETWORK, NO_DATA):
        assert tuple(palette[vote]) == UNKNOWN_RGBA
    assert palette[OUTSIDE, 3] == 0


def test_where_all_views_agree_the_map_of_spread_is_clear() -> None:
    palette = spread_palette()
    assert palette[0, 3] == 0
    assert (palette[5:250, 3] == 255).all()
    assert (palette[100, :3] == palette[250, :3]).all()
    assert palette[OUTSIDE, 3] == 0


def test_bars_of_the_bands_show_both_sides_of_the_training() -> None:
    fits = (BandFit("blue", 0.1, 0.9, 0.25, 0.5, 0.7), BandFit("thermal", 240.0, 290.0, 0.0, 0.0, 260.0))
    darker, brighter = band_fit_bars(fits).data
    assert (list(darker.x), list(brighter.x)) == ([25.0, 0.0], [50.0, 0.0])
    assert list(darker.y) == ["Blue", "Thermal infrared"]
