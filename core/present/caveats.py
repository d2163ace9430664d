"""What a reader must know of error bars and of a trend's interval before trusting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.models import MODELS
from core.runs import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from core.measure.observations import Method, Observation
    from core.measure.series import Series
    from core.measure.trends import Trend
    from core.networks.error_tests import ErrorTest

    FindTest = Callable[[Method], ErrorTest | None]

OTHER_BARS = {
    ErrorKind.PROBABILITY: " Bars stand about the mapped area, the interval that was tested about the "
    "expected one.",
    ErrorKind.SPREAD: " Bars are 1.96 standard deviations long, the interval that was tested 2.36.",
}


def held_words(test: ErrorTest | None, kind: ErrorKind, class_key: str, interval: str = "it") -> str:
    """How often an interval of this kind held the truth by the card's test, and how the card widened it."""
    held = test.held(kind.value, class_key) if test else None
    if test is None or held is None:
        return f"How often {interval} holds the true area was not tested for these weights."
    covered, tiles = held
    words = f"On {tiles} simulated tiles {interval} held the true area in {100 * covered:.0f} % of cases"
    short = 95 - 100 * covered
    words += f", {short:.0f} points fewer than the 95 % it is meant for." if short >= 1 else "."
    factor = test.factors.get(class_key) if kind is ErrorKind.PROBABILITY else None
    if factor is not None:
        words += f" It was widened {factor:.1f} times for that, on {test.calibration_tiles} others."
    return words


def bars_words(series: Series, find_test: FindTest) -> str:
    """How often error bars like those of a series held the truth; empty where no point that counts has one.

    `find_test`: what the card of a method's own weights says; None where other weights lie there now.
    """
    kind = series.error_kind
    barred = [point.observation for point in series.counted if point.sigma_km2 is not None]
    if kind is None or not barred:
        return ""
    tests = {method: find_test(method) for method in _methods(barred)}
    told = _told(tests, lambda test: held_words(test, kind, series.class_key, "an interval of this kind"))
    words = f"Error bars are meant as 95 % intervals. {told}"
    if not any(test is not None and test.held(kind.value, series.class_key) for test in tests.values()):
        return words
    words += OTHER_BARS.get(kind, "")
    if any(each.inside_outline for each in barred):
        words += " The test was of whole tiles, not of ground inside outlines."
    return words


def trend_caveat(series: Series, trend: Trend | None, find_test: FindTest) -> str:
    """What the interval of a trend does not hold, and how often it held the truth; empty where there is none.

    `find_test`: as in `bars_words`.
    """
    if trend is None or trend.interval is None:
        return ""
    methods = _methods([point.observation for point in series.counted])
    told = _told({method: find_test(method) for method in methods}, _trend_words)
    return (
        "The 95 % interval of the trend comes from the scatter of the points alone (Sen 1968) and knows "
        f"nothing of a bias that changes with the glacier. {told}"
    )


def _methods(runs: Sequence[Observation]) -> list[Method]:
    """A method for each model and its weights."""
    return list({(run.method.model, run.method.weights_sha256): run.method for run in runs}.values())


def _told(tests: Mapping[Method, ErrorTest | None], words_of: Callable[[ErrorTest | None], str]) -> str:
    """What the tests of several methods say, each with its model where there are several."""
    told = []
    for method, test in tests.items():
        title = MODELS[method.model].title if method.model in MODELS else method.model
        told.append(f"{title}: {words_of(test)}" if len(tests) > 1 else words_of(test))
    return " ".join(told)


def _trend_words(test: ErrorTest | None) -> str:
    """How often a trend's interval held the true slope, by the card's test."""
    if test is None or test.trend is None:
        return "How often it holds the true slope was not tested for these weights."
    places, held = test.trend.places, test.trend.held
    return (
        f"On {places} simulated place{'s' if places != 1 else ''} of known loss the interval held the true "
        f"slope on {held or 'none'} (of all ice on whole tiles)."
    )
