"""The figures and maps of a comparison show its numbers, in the colours of its kinds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.measure.attribution import Attribution
from core.measure.change import Change, Estimate
from core.measure.scene import ScenePart
from core.measure.transitions import measure_change
from core.models import BINARY, MULTICLASS
from core.present.change_charts import (
    attribution_waterfall,
    kind_bars,
    signed_area,
    transition_flow,
    transition_heatmap,
)
from core.present.change_kinds import KINDS, possible_kinds
from core.present.change_maps import change_map, swipe_map
from core.present.maps import MapPicture, RunLayers
from core.present.quantities import format_area
from core.present.ramps import rgb
from core.present.swipe import LEFT, RIGHT
from core.runs import MapBounds
from tests.core.measure.surfaces import surface, utm

BOUNDS = MapBounds(46.0, 7.5, 46.2, 7.9)
PICTURE = MapPicture("Gain and loss", b"change", "image/png")
LAYERS = RunLayers(
    BOUNDS, (MapPicture("Shortwave", b"base", "image/webp"),), MapPicture("Class map", b"c", "image/png")
)


@pytest.fixture
def change() -> Change:
    grid = utm(1, 6)
    one, other = [[0, 1, 1, 2, 3, 0]], [[0, 1, 0, 1, 0, 1]]
    return measure_change(surface(one, grid, MULTICLASS), surface(other, grid, MULTICLASS))


def test_the_matrix_writes_every_transition(change: Change) -> None:
    texts = next(trace for trace in transition_heatmap(change).data if trace.type == "scatter")
    assert list(texts.text) == [format_area(t.area_km2) for t in change.transitions]


def test_the_matrix_can_be_read_on_a_dark_page_and_on_a_light_one(change: Change) -> None:
    inks = [transition_heatmap(change, dark=dark).data[-1].textfont.color for dark in (False, True)]
    light_page, dark_page = (sum(rgb(ink)) for ink in inks)
    assert light_page < 255 < 500 < dark_page


def test_the_flow_leaves_out_ground_that_stayed_bare(change: Change) -> None:
    (flow,) = transition_flow(change).data
    moved = sum(t.area_km2 for t in change.transitions) - change.transitions[0].area_km2
    assert sum(flow.link.value) == pytest.approx(moved)
    assert all(
        target >= 4 > source for source, target in zip(flow.link.source, flow.link.target, strict=True)
    )


def test_bars_have_the_colours_of_the_map(change: Change) -> None:
    (bars,) = kind_bars(change).data
    assert list(bars.marker.color) == [kind.colour for kind in KINDS if kind.colour]
    assert sum(bars.x) == pytest.approx(change.gain_km2 + change.loss_km2 + change.stable_km2)


def test_the_parts_of_a_change_end_at_the_whole() -> None:
    parts = Attribution(-3.0, 0.5, 1.5, Estimate(-4.0, 0.5))
    (steps,) = attribution_waterfall(parts).data
    assert list(steps.y) == [1.0, -4.0, -3.0]
    (steps,) = attribution_waterfall(replace(parts, scene=ScenePart(0.5))).data
    assert list(steps.x) == ["Model", "Scene", "Glacier", "Net change"]
    assert list(steps.y) == [1.0, 0.5, -4.5, -3.0]
    alone = Attribution(-4.0, 0.0, 0.0, Estimate(-4.0, 0.5), ScenePart(0.5), one_model=True)
    (steps,) = attribution_waterfall(alone).data
    assert list(steps.x) == ["Scene", "Glacier", "Net change"]
    (steps,) = attribution_waterfall(replace(alone, inputs=("other pixels",))).data
    assert list(steps.x) == ["Scene", "Rest", "Net change"]


def test_a_signed_area_has_a_true_minus() -> None:
    assert [signed_area(area)[0] for area in (-1.0, 1.0, 0.0)] == ["\N{MINUS SIGN}", "+", "0"]


def test_binary_runs_have_no_kinds_of_surfaces() -> None:
    grid = utm(1, 2)
    binary = measure_change(surface([[0, 1]], grid), surface([[1, 1]], grid))
    assert [kind.index for kind in possible_kinds(binary.classes)] == [0, 1, 2, 3]


def test_the_swipe_draws_each_run_on_its_side() -> None:
    shown = swipe_map((LAYERS, LAYERS), (BINARY, MULTICLASS), ("2014-08-25", "2023-08-25"))
    text = str(shown.get_root().render())
    assert text.count(f'"pane": "{LEFT}"') == text.count(f'"pane": "{RIGHT}"') == 2
    assert '["2014-08-25", "2023-08-25"]' in text
    assert text.index("createPane(name)") < text.index(f'"pane": "{LEFT}"')


def test_the_map_of_change_names_every_kind(change: Change) -> None:
    text = str(
        change_map(LAYERS, PICTURE, BOUNDS, possible_kinds(change.classes), dark=True).get_root().render()
    )
    for kind in KINDS:
        assert kind.label in text or kind.label.lower() in text
    assert np.all([kind.colour in text for kind in KINDS if kind.colour])
