"""Points that cannot be compared stay in the series, and say why they do not count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from core.checks import CloudCheck
from core.measure.guards import Guards, LeftOut
from core.measure.observations import Observation, inside_outlines, main_method
from core.measure.seasons import END_OF_MELT_NORTH, SeasonWindow, day_words, usual_season
from core.measure.series import Series, build_series
from core.runs import ALL_ICE, ErrorKind, MapBounds, Options, OutlineCut
from core.types import BANDS
from tests.core.measure.observed import FINISHED, METHOD, OTHER_WEIGHTS, TODAY, seen, yearly

ELSEWHERE = MapBounds(32.05, 77.0, 32.25, 77.3)


def series_of(observations: Sequence[Observation], guards: Guards | None = None, **changes: Any) -> Series:
    changes.setdefault("method", main_method(observations))
    return build_series(observations, ALL_ICE, guards or Guards(), today=TODAY, **changes)


def why(observation: Observation, guards: Guards | None = None) -> LeftOut | None:
    """Why the last of several runs of a site does not count."""
    series = series_of([*yearly([10, 9, 8]), observation], guards)
    return next(p.left_out for p in series.points if p.observation is observation)


def test_points_come_by_date_with_their_areas_and_errors() -> None:
    runs = [seen(date(2021, 9, 1), 8.0), seen(date(2019, 9, 1), 10.0, sigma=0.5), seen(None)]
    series = series_of(runs, error_kind=ErrorKind.BUFFER)
    assert [p.observation.acquired_on for p in series.points] == [date(2019, 9, 1), date(2021, 9, 1), None]
    assert series.counted[0].interval_km2 == pytest.approx((10 - 0.98, 10 + 0.98), abs=1e-3)
    assert series.counted[1].interval_km2 is None


def test_an_interval_does_not_reach_below_no_ice() -> None:
    series = series_of([seen(date(2020, 9, 1), 0.1, sigma=1.0)], error_kind=ErrorKind.BUFFER)
    assert series.points[0].interval_km2 == (0.0, pytest.approx(2.06, abs=0.01))


def test_a_run_that_every_guard_passes_counts() -> None:
    assert why(seen(date(2020, 8, 1)), Guards(season=END_OF_MELT_NORTH)) is None


@pytest.mark.parametrize(
    ("run", "left_out"),
    [
        (seen(None), LeftOut.UNDATED),
        (seen(TODAY + timedelta(days=1)), LeftOut.FUTURE),
        (seen(date(2020, 9, 1), None), LeftOut.NO_AREA),
        (seen(date(2020, 9, 1), method=replace(METHOD, model="multiclass")), LeftOut.MODEL),
        (seen(date(2020, 9, 1), method=OTHER_WEIGHTS), LeftOut.WEIGHTS),
        (seen(date(2020, 9, 1), method=replace(METHOD, card="another")), LeftOut.PARAMETERS),
        (seen(date(2020, 9, 1), method=replace(METHOD, threshold=0.7)), LeftOut.PARAMETERS),
        (seen(date(2020, 9, 1), method=replace(METHOD, options=Options(min_area_km2=0))), LeftOut.PARAMETERS),
        (seen(date(2020, 2, 1)), LeftOut.SEASON),
        (seen(date(2020, 9, 1), valid_share=0.94), LeftOut.COVERAGE),
        (seen(date(2020, 9, 1), cut=OutlineCut(0.0, 0.2)), LeftOut.COVERAGE),
        (seen(date(2020, 9, 1), clouds=CloudCheck(51, 1000)), LeftOut.CLOUD),
        (seen(date(2020, 9, 1), bounds=ELSEWHERE), LeftOut.GROUND),
        (seen(date(2020, 9, 1), bounds=ELSEWHERE, cut=OutlineCut(0.1, 0.0)), LeftOut.EDGE),
    ],
)
def test_each_guard_leaves_out_its_own_and_says_so(run: Observation, left_out: LeftOut) -> None:
    guards = Guards(season=END_OF_MELT_NORTH)
    series = series_of([*yearly([10, 9, 8]), run], guards)
    point = next(p for p in series.points if p.observation is run)
    assert point.left_out is left_out
    assert point.reason.endswith((".", "tile's edge"))
    assert len(series.points) == 4
    assert len(series.counted) == 3


def test_a_run_of_another_model_without_the_class_is_left_out_for_its_model() -> None:
    other = replace(METHOD, model="multiclass")
    run = seen(date(2020, 9, 1), None, method=other, inside_outline=True)
    assert why(run) is LeftOut.MODEL
    assert why(seen(None, None, method=other)) is LeftOut.UNDATED
    assert why(seen(date(2020, 9, 1), None, inside_outline=True)) is LeftOut.NO_AREA


def test_a_tile_that_outlines_cannot_be_placed_on_is_not_said_to_wait_for_measuring() -> None:
    nowhere = inside_outlines(seen(date(2020, 9, 1), placeable=False), None)
    waiting = inside_outlines(seen(date(2021, 9, 1)), None)
    series = build_series([nowhere, waiting], ALL_ICE, Guards(), method=METHOD, today=TODAY)
    first, second = series.points
    assert "cannot be placed on its tile, which has no coordinate reference system" in first.reason
    assert "Press 'Measure now'" in second.reason
    assert series.to_measure == 1
    assert (nowhere.seen_share, nowhere.clouds, nowhere.cut) == (None, None, None)


def test_with_models_mixed_a_class_that_only_one_tells_says_to_follow_all_ice() -> None:
    other = replace(METHOD, model="multiclass")
    areas = {ALL_ICE: 9.0, "clean_ice": 6.0, "debris": 3.0, "water": 0.1}
    runs = [
        seen(date(2020, 9, 1), areas_km2={ALL_ICE: 10.0, "glacier": 10.0}),
        seen(date(2021, 9, 1), areas_km2=areas, method=other),
    ]
    mixed = Guards(one_method=False)
    told = build_series(runs, "glacier", mixed, method=METHOD, today=TODAY).points[1]
    assert told.left_out is LeftOut.NO_AREA
    assert told.reason.startswith("Its model does not tell this class. Follow all ice")
    assert len(build_series(runs, ALL_ICE, mixed, method=METHOD, today=TODAY).counted) == 2


def test_guards_that_are_off_leave_nothing_out() -> None:
    off = Guards(
        None, None, None, None, same_ground=False, one_method=False, one_a_date=False, same_input=False
    )
    runs = [
        seen(date(2020, 2, 1), method=OTHER_WEIGHTS, valid_share=0.1, bounds=ELSEWHERE, pixel_m=15.0),
        seen(date(2020, 2, 1), pixel_m=30.0, cut=OutlineCut(0.3, 0.3), clouds=CloudCheck(9, 10)),
    ]
    assert len(series_of(runs, off).counted) == 2


def test_a_run_inside_an_outline_may_lie_on_another_frame() -> None:
    run = seen(date(2020, 9, 1), bounds=ELSEWHERE, cut=OutlineCut(0.1, 0.0), inside_outline=True)
    assert why(run) is None


def test_a_frame_that_is_off_by_a_pixel_is_the_same_ground() -> None:
    moved = MapBounds(32.0003, 77.0003, 32.2003, 77.3003)
    assert why(seen(date(2020, 9, 1), bounds=moved)) is None


def test_the_same_cut_on_every_date_is_told_and_not_left_out() -> None:
    series = series_of(yearly([10, 9, 8], cut=OutlineCut(0.25, 0.0)))
    assert len(series.counted) == 3
    assert "25 %" in series.notes[0]
    assert series_of(yearly([10, 9], cut=OutlineCut(0.0, 0.0))).notes == ()


def test_a_run_that_nobody_could_look_for_cloud_on_counts_and_is_noted() -> None:
    runs = yearly([10, 9, 8])
    runs += [seen(date(2020, 9, 1), clouds=None), seen(date(2021, 9, 1), clouds=CloudCheck(0, 0))]
    series = series_of(runs)
    assert len(series.counted) == 5
    (note,) = series.notes
    assert note.startswith("Unmasked cloud is not known for 2 of the 5 points that count: 1 from before")
    assert "1 without the bands to tell" in note
    assert series_of(runs, Guards(most_cloud_share=None)).notes == ()
    assert series_of(yearly([10, 9])).notes == ()


def test_the_limit_of_cloud_can_be_moved() -> None:
    cloudy = seen(date(2020, 9, 1), clouds=CloudCheck(51, 1000))
    assert why(cloudy, Guards(most_cloud_share=0.06)) is None
    assert "5.1 % of the tile look like cloud" in series_of([cloudy]).points[0].reason


FIVE = {"pixel_m": 30.0, "sensor": "Landsat 8", "bands": BANDS}


@pytest.mark.parametrize(
    ("changes", "left_out", "words"),
    [
        ({}, None, ""),
        ({"pixel_m": 30.5}, None, ""),
        ({"pixel_m": None, "bands": ()}, None, ""),
        (
            {"pixel_m": 15.0},
            LeftOut.PIXELS,
            "Its pixels are 15 m, those of most points 30 m: a network maps finer pixels otherwise.",
        ),
        ({"pixel_m": 60.0}, LeftOut.PIXELS, "a network maps coarser pixels otherwise."),
        ({"bands": BANDS[:4]}, LeftOut.BANDS, "It lacks thermal infrared, which most points have: a network"),
    ],
)
def test_a_run_whose_network_saw_other_pixels_or_bands_than_on_most_dates_is_left_out(
    changes: dict[str, Any], left_out: LeftOut | None, words: str
) -> None:
    run = seen(date(2020, 9, 1), **FIVE | changes)
    series = series_of([run, *yearly([10, 9, 8], **FIVE)])
    point = next(p for p in series.points if p.observation is run)
    assert point.left_out is left_out
    assert words in point.reason
    assert len(series.counted) == 3 + (left_out is None)
    assert len(series_of([run, *yearly([10, 9, 8], **FIVE)], Guards(same_input=False)).counted) == 4


def test_most_dates_decide_on_pixels_and_bands_not_most_runs() -> None:
    fine = [seen(date(2020, 9, 1), **FIVE | {"pixel_m": 15.0}) for _ in range(4)]
    series = series_of([*fine, *yearly([10, 9, 8], **FIVE | {"bands": BANDS[:4]})])
    assert [p.area_km2 for p in series.counted] == [10, 9, 8]
    left = next(p for p in series.points if not p.counts)
    assert left.left_out is LeftOut.PIXELS
    more = seen(date(2020, 9, 1), **FIVE)
    told = series_of([more, *yearly([10, 9, 8], **FIVE | {"bands": BANDS[:4]})]).points[-1]
    assert told.reason.startswith("It has thermal infrared, which most points lack")


def test_a_run_of_the_date_with_other_pixels_does_not_displace_one_that_counts() -> None:
    fine = seen(
        date(2016, 9, 1), 12.0, **FIVE | {"pixel_m": 15.0, "finished_at": FINISHED + timedelta(days=1)}
    )
    series = series_of([*yearly([10, 9, 8], **FIVE), fine])
    assert [p.area_km2 for p in series.counted] == [10, 9, 8]


def test_of_two_sizes_of_pixels_none_is_called_that_of_most_points() -> None:
    first, second = seen(date(2019, 9, 1), **FIVE), seen(date(2020, 9, 1), **FIVE | {"pixel_m": 15.0})
    series = series_of([first, second])
    assert [p.observation for p in series.counted] == [first]
    assert "those of the points that count 30 m" in series.points[1].reason


def test_another_sensor_with_equal_pixels_and_bands_counts_and_is_noted() -> None:
    runs = [*yearly([10, 9], **FIVE), seen(date(2020, 9, 1), **FIVE | {"sensor": "Landsat 9"})]
    series = series_of(runs)
    assert len(series.counted) == 3
    (note,) = series.notes
    assert note.startswith("The points that count come from 2 sensors (Landsat 8, Landsat 9)")
    assert series_of(runs[:2]).notes == ()


def test_of_several_runs_of_a_date_the_one_that_sees_most_counts_then_the_newest() -> None:
    day = date(2020, 9, 1)
    old = seen(day, 9.0)
    new = seen(day, 9.1, finished_at=FINISHED + timedelta(days=1))
    hazy = seen(day, 8.0, valid_share=0.96, finished_at=FINISHED + timedelta(days=2))
    series = series_of([old, new, hazy])
    assert [p.observation for p in series.counted] == [new]
    assert {p.left_out for p in series.points if not p.counts} == {LeftOut.REPEATED}


def test_of_several_runs_of_a_date_one_of_the_chosen_method_counts_before_newer_ones() -> None:
    day = date(2018, 9, 1)
    later = {"finished_at": FINISHED + timedelta(days=1), "method": OTHER_WEIGHTS}
    runs = [*yearly([10, 9, 8]), seen(day, 7.0, valid_share=0.97), seen(day, 5.0, **later)]
    series = series_of(runs, Guards(one_method=False), method=METHOD)
    assert [p.area_km2 for p in series.counted] == [10, 9, 8, 7.0]
    left = next(p for p in series.points if not p.counts)
    assert left.left_out is LeftOut.REPEATED
    assert "of the chosen model" in left.reason


def test_a_run_that_another_guard_leaves_out_does_not_displace_one_of_its_date() -> None:
    day = date(2020, 9, 1)
    kept = seen(day, 9.0, valid_share=0.97)
    other = seen(day, 9.0, valid_share=1.0, method=OTHER_WEIGHTS)
    series = series_of([kept, other], method=METHOD)
    assert [p.observation for p in series.counted] == [kept]


def test_the_method_of_most_dated_runs_is_followed() -> None:
    undated = [seen(None, method=OTHER_WEIGHTS) for _ in range(5)]
    runs = [*yearly([10, 9, 8]), seen(date(2020, 9, 1), method=OTHER_WEIGHTS), *undated]
    assert main_method(runs) == METHOD
    later = seen(date(2021, 9, 1), method=OTHER_WEIGHTS, finished_at=FINISHED + timedelta(days=1))
    assert main_method([seen(date(2020, 9, 1)), later]) == OTHER_WEIGHTS
    assert main_method(undated) is None


@pytest.mark.parametrize(
    ("first", "last", "inside", "outside"),
    [
        (183, 305, date(2021, 7, 1), date(2021, 6, 30)),
        (183, 305, date(2024, 10, 31), date(2024, 11, 1)),
        (336, 60, date(2021, 1, 5), date(2021, 3, 1)),
        (336, 60, date(2020, 12, 1), date(2020, 11, 30)),
    ],
)
def test_a_season_may_wrap_the_new_year(first: int, last: int, inside: date, outside: date) -> None:
    season = SeasonWindow(first, last)
    assert inside in season
    assert outside not in season


def test_the_usual_season_ends_the_summer_of_its_hemisphere() -> None:
    north, south = usual_season(46.5), usual_season(-46.5)
    assert north is not None
    assert south is not None
    assert (north.words, south.words) == ("1 July to 31 October", "1 January to 30 April")
    assert usual_season(0.0) is usual_season(None) is None
    assert day_words(60) == "29 February"
