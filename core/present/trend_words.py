"""A trend in words and numbers, as the page and the report say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.measure.pixels import ALIKE_PIXELS
from core.measure.trends import ENOUGH_DATES, TESTED_POINTS
from core.present.quantities import UNKNOWN, format_area, format_number

if TYPE_CHECKING:
    from datetime import date

    from core.measure.series import Series
    from core.measure.trends import Trend

KM2 = "km\N{SUPERSCRIPT TWO}"
MOST_DAYS = 5  # named in a sentence
SPREAD_BEYOND_ERRORS = 1.5  # scatter so many times the stated error means that something else adds to it


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name and what it means."""

    label: str
    value: str
    explanation: str


def verdict(trend: Trend | None, points: int, to_measure: int = 0) -> str:
    """What can be said of the change, in one or two sentences.

    `to_measure`: points that would count, had they been measured inside the outlines.
    """
    if points == 0:
        return "No point counts, so there is no change to speak of. The table says why each was left out."
    if trend is None:
        advice = "Measure the others first." if to_measure else "Map tiles of other dates."
        return (
            "The points that count lie on one date, or each is of another model or other parameters: no "
            f"change to speak of. {advice}"
        )
    span = f"between {trend.first_on:%Y-%m-%d} and {trend.last_on:%Y-%m-%d}"
    if trend.interval is None or trend.test is None:
        what = "a test" if trend.test is None else "a 95 % interval"
        return (
            f"{trend.dates} dates are too few for {what}: {ENOUGH_DATES} different ones of the same "
            "model and parameters are enough. The line through them changes by "
            f"{signed_area(trend.per_year_km2)} a year {span}."
        )
    if not trend.detected:
        return (
            f"No change is detectable at 95 % {span} ({p_words(trend.test.p_value)}). The line through the "
            f"points changes by {signed_area(trend.per_year_km2)} a year, but any change from "
            f"{interval_words(trend)} agrees with them."
        )
    way = "shrinks" if trend.per_year_km2 < 0 else "grows"
    low, high = sorted(abs(slope) for slope in (trend.interval.low_km2, trend.interval.high_km2))
    if trend.interval.low_km2 <= 0 <= trend.interval.high_km2:
        return (
            f"The area {way} {span}: significant at 95 % ({p_words(trend.test.p_value)}), but its rate is "
            "not known well enough to exclude zero."
        )
    return (
        f"The area {way} by {format_area(abs(trend.per_year_km2))} a year (95 %: {format_area(low)} to "
        f"{format_area(high)}) {span}; detectable at 95 % ({p_words(trend.test.p_value)})."
    )


def guards_words(series: Series) -> tuple[str, ...]:
    """What a point had to satisfy to count, one phrase a guard that was on and had something to judge.

    Inside outlines tiles may show different ground, and where nobody measured what no data cut off there,
    that guard has nothing to judge.
    """
    guards, seen = series.guards, [point.observation for point in series.points]
    inside = any(each.inside_outline for each in seen)
    ground = "ground inside the outlines" if inside else "ground"
    least, most, cloud = guards.least_valid_share, guards.most_cut_share, guards.most_cloud_share
    cut = not inside or any(each.cut is not None for each in seen)
    phrases = (
        (guards.season is not None, f"season {guards.season.words}" if guards.season else ""),
        (bool(least), f"at least {100 * (least or 0):g} % of the {ground} with data"),
        (
            cut and most is not None and most < 1,
            f"at most {100 * (most or 0):g} % of the ice's outline beside no data",
        ),
        (
            cloud is not None and cloud < 1,
            f"at most {100 * (cloud or 0):g} % of the {ground} looking like unmasked cloud",
        ),
        (guards.same_ground and not inside, "the same ground on every date"),
        (guards.one_method, "one model, its weights and parameters"),
        (guards.one_a_date, "one run a date"),
        (
            guards.same_input and any(each.pixel_m is not None or each.bands for each in seen),
            f"pixels of one size (within {100 * ALIKE_PIXELS:g} %) and the same bands",
        ),
    )
    return tuple(words for on, words in phrases if on)


def cautions(trend: Trend | None) -> tuple[str, ...]:
    """What a reader must know before the trend is used."""
    if trend is None:
        return ()
    found = [
        f"From {step.on:%Y-%m-%d} on, points of other weights, another model or other parameters count; they "
        f"alone change the area by about {signed_area(step.km2)}. This step is a model change and not a "
        "trend: such points and the others were not compared with each other."
        for step in trend.steps
    ]
    if trend.alone:
        found.append(_alone_words(trend.alone))
    if trend.scatter_km2 and trend.error_km2 and trend.scatter_km2 > SPREAD_BEYOND_ERRORS * trend.error_km2:
        found.append(
            f"The points scatter about the line by {format_area(trend.scatter_km2)}, which is "
            f"{trend.scatter_km2 / trend.error_km2:.1f} times their stated error of "
            f"{format_area(trend.error_km2)}: snow, cloud, shadow or the model add what the errors do not "
            "hold."
        )
    return tuple(found)


def _alone_words(days: tuple[date, ...]) -> str:
    """Which points that count have nothing to be compared with."""
    shown = ", ".join(f"{day:%Y-%m-%d}" for day in days[:MOST_DAYS])
    more = f" and {len(days) - MOST_DAYS} more" if len(days) > MOST_DAYS else ""
    if len(days) == 1:
        return (
            f"The point of {shown} is drawn, but no point of another date has its model, weights and "
            "parameters: it adds nothing to the trend."
        )
    return (
        f"The points of {shown}{more} are drawn, but none of them has a point of another date with its "
        "model, weights and parameters: they add nothing to the trend."
    )


def trend_figures(trend: Trend) -> tuple[Figure, ...]:
    """The trend's numbers in the order in which they are read."""
    decided = trend.interval is not None
    smallest = trend.detectable_km2_per_year
    return (
        Figure(
            "Change per year",
            signed_area(trend.per_year_km2),
            "Slope of Theil and Sen (median of the slopes of all pairs). 95 % interval: "
            f"{interval_words(trend)}.",
        ),
        Figure(
            "Per cent per year",
            percent_words(trend, trend.per_year_km2),
            _percent_explained(trend),
        ),
        Figure(
            "Detectable",
            ("yes" if trend.detected else "no") if decided else "too few dates",
            "Whether the test of Mann and Kendall finds a rise or fall with p below 0.05, two-sided. It "
            "looks at the order of the areas alone, not at the points' own errors."
            + (f" Here {p_words(trend.test.p_value)}." if trend.test else ""),
        ),
        Figure(
            "Mann\N{EN DASH}Kendall p",
            p_value_words(trend.test.p_value) if trend.test else UNKNOWN,
            (
                f"Kendall's tau {format_number(trend.test.tau)}, "
                f"{'exact' if trend.test.exact else 'normal approximation with ties'}."
                if trend.test
                else f"Needs {TESTED_POINTS} dates or more."
            ),
        ),
        Figure(
            "Mostly found from",
            UNKNOWN if smallest is None else f"{format_area(smallest)}/yr",
            _smallest_words(trend),
        ),
        Figure(
            "Dates that count",
            str(trend.dates),
            f"From {trend.first_on} to {trend.last_on}, {trend.years:.1f} years"
            + (f", with {trend.points} points." if trend.points != trend.dates else "."),
        ),
    )


def _percent_explained(trend: Trend) -> str:
    """What the percentage is of, and its interval."""
    of = f"Of the mean area in {trend.first_year}, {format_area(trend.first_year_km2)}"
    if trend.methods > 1:
        of += ", as the model, weights and parameters with most points map it"
    ends = interval_words(trend, percent=True)
    return f"{of}. 95 % interval: {ends}; the first year's own error is not in it."


def _smallest_words(trend: Trend) -> str:
    smallest = trend.detectable_km2_per_year
    if smallest is None:
        return (
            "No change, however large, could be significant: with so few dates even one order of all areas "
            "is not rare enough. Five dates of one method are enough."
        )
    scatter, error = trend.scatter_km2, trend.error_km2
    basis = (
        f"areas scatter about the line as they do here, by {format_area(scatter)}"
        if scatter is not None
        else "the points' own errors hold"
    )
    percent = trend.percent(smallest)
    words = (
        "The change per year from which on the test would find a rise or fall in 80 of 100 series of these "
        f"dates, if {basis}, and independently between dates."
        + (f" That is {percent:.2f} % a year." if percent is not None else "")
    )
    if scatter is not None and error is not None and error > SPREAD_BEYOND_ERRORS * scatter:
        words += (
            f" The points' own errors are larger, {format_area(error)} (one standard error): they say how "
            "far an area may be from the truth. What of that is the same on every date cancels in a change, "
            "so it does not count here."
        )
    if trend.detected and abs(trend.per_year_km2) < smallest:
        words += " The change found here is smaller: such a one is found in fewer than 80 of 100 series."
    elif not trend.detected and abs(trend.per_year_km2) >= smallest:
        words += " The slope here is no smaller, and is missed all the same in up to 20 of 100 series."
    return words


def signed_area(area_km2: float) -> str:
    """An area with a true sign."""
    sign = "\N{MINUS SIGN}" if area_km2 < 0 else "+" if area_km2 > 0 else ""
    return f"{sign}{format_area(abs(area_km2))}"


def percent_words(trend: Trend, per_year_km2: float) -> str:
    """A change per year in per cent of the first year's area, with a true sign."""
    percent = trend.percent(per_year_km2)
    if percent is None:
        return UNKNOWN
    return f"{'+' if percent > 0 else ''}{format_number(percent)} %"


def interval_words(trend: Trend, *, percent: bool = False) -> str:
    """The slope's 95 % interval per year, in km2 or in per cent."""
    if trend.interval is None:
        return "none, too few dates"
    ends = trend.interval.low_km2, trend.interval.high_km2
    return " to ".join(percent_words(trend, end) if percent else signed_area(end) for end in ends)


def p_words(p_value: float) -> str:
    """`p = 0.017`, or `p < 0.001`."""
    return f"p {'' if p_value < 0.001 else '= '}{p_value_words(p_value)}"


def p_value_words(p_value: float) -> str:
    """A p value with as many digits as it deserves."""
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"
