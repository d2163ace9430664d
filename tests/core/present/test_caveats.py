"""Error bars and a trend's interval are never called surer than a test found them."""

from __future__ import annotations

from dataclasses import replace

from core.measure.guards import Guards
from core.measure.observations import Method
from core.measure.series import build_series
from core.measure.trends import trend_of
from core.networks.error_tests import ErrorTest, TrendTest
from core.present.caveats import bars_words, held_words, trend_caveat
from core.runs import ALL_ICE, ErrorKind
from tests.core.measure.observed import METHOD, OTHER_WEIGHTS, TODAY, yearly

AREAS = [10.0, 9.7, 9.45, 9.1, 8.85, 8.5]
TEST = ErrorTest(
    calibration_tiles=30,
    test_tiles=20,
    factors={ALL_ICE: 1.7},
    coverage={"buffer": {ALL_ICE: 0.15}, "probability": {ALL_ICE: 0.975}},
    command="python -m benchmarks coverage",
)


def card_says(method: Method) -> ErrorTest | None:
    return TEST if method == METHOD else None


def words_of(kind: ErrorKind | None, guards: Guards | None = None, **changes: object) -> str:
    runs = yearly(AREAS, **changes)
    runs += yearly([8.0, 7.9], first=2021, method=OTHER_WEIGHTS, sigma=0.1)
    sigmas = {(ALL_ICE, each): 0.1 for each in ErrorKind}
    runs = [replace(run, sigmas_km2=sigmas) for run in runs]
    series = build_series(runs, ALL_ICE, guards or Guards(), method=METHOD, today=TODAY, error_kind=kind)
    return bars_words(series, card_says)


def test_bars_say_how_often_their_kind_held_the_truth() -> None:
    words = words_of(ErrorKind.BUFFER)
    assert "On 20 simulated tiles an interval of this kind held the true area in 15 % of cases" in words
    assert "80 points fewer than the 95 % it is meant for" in words
    assert "outlines" not in words
    assert words_of(None) == ""


def test_bars_that_are_not_the_tested_interval_say_what_differs() -> None:
    probable = words_of(ErrorKind.PROBABILITY)
    assert "98 % of cases. It was widened 1.7 times for that, on 30 others" in probable
    assert "the interval that was tested about the expected one" in probable
    assert "not of ground inside outlines" in words_of(ErrorKind.BUFFER, inside_outline=True)
    assert "was not tested for these weights" in words_of(ErrorKind.SPREAD)


def test_where_nothing_was_tested_nothing_is_said_of_a_test() -> None:
    words = words_of(ErrorKind.SPREAD, inside_outline=True)
    assert words.endswith("was not tested for these weights.")


def test_bars_of_several_weights_are_told_apart() -> None:
    words = words_of(ErrorKind.BUFFER, Guards(one_method=False))
    assert "15 % of cases" in words
    assert "was not tested for these weights" in words


def test_a_trend_says_what_its_interval_does_not_hold() -> None:
    series = build_series(yearly(AREAS), ALL_ICE, Guards(), method=METHOD, today=TODAY)
    words = trend_caveat(series, trend_of(series), card_says)
    assert "a bias that changes with the glacier" in words
    assert "How often it holds the true slope was not tested for these weights." in words
    tested = replace(TEST, trend=TrendTest(4, 1, "python -m benchmarks retreat"))
    words = trend_caveat(series, trend_of(series), lambda _: tested)
    assert "On 4 simulated places of known loss the interval held the true slope on 1" in words
    few = build_series(yearly(AREAS[:3]), ALL_ICE, Guards(), method=METHOD, today=TODAY)
    assert trend_caveat(few, trend_of(few), card_says) == trend_caveat(few, None, card_says) == ""


def test_an_interval_that_holds_what_it_promises_falls_short_of_nothing() -> None:
    assert "fewer" not in held_words(TEST, ErrorKind.PROBABILITY, ALL_ICE)
