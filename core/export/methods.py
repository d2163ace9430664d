"""The methods paragraph of a report: what was done, with which parameters, and whom to cite."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.models import MODELS
from core.present.trend_words import guards_words
from core.runs import ErrorKind

if TYPE_CHECKING:
    from core.measure.observations import Method
    from core.measure.series import Series
    from core.measure.trends import Trend

REFERENCES = {
    "Birge 1932": "Birge, R. T. (1932): The calculation of errors by the method of least squares. Physical "
    "Review 40, 207-227. doi:10.1103/PhysRev.40.207",
    "Hirsch et al. 1982": "Hirsch, R. M., Slack, J. R. and Smith, R. A. (1982): Techniques of trend analysis "
    "for monthly water quality data. Water Resources Research 18(1), 107-121. doi:10.1029/WR018i001p00107",
    "Kendall 1975": "Kendall, M. G. (1975): Rank correlation methods. 4th edition. Griffin, London.",
    "Kuensch 1989": "K\N{LATIN SMALL LETTER U WITH DIAERESIS}nsch, H. R. (1989): The jackknife and the "
    "bootstrap for general stationary observations. Annals of Statistics 17(3), 1217-1241. "
    "doi:10.1214/aos/1176347265",
    "Mann 1945": "Mann, H. B. (1945): Nonparametric tests against trend. Econometrica 13(3), 245-259. "
    "doi:10.2307/1907187",
    "Paul et al. 2009": "Paul, F. et al. (2009): Recommendations for the compilation of glacier inventory "
    "data from digital sources. Annals of Glaciology 50(53), 119-126. doi:10.3189/172756410790595778",
    "Paul et al. 2017": "Paul, F. et al. (2017): Error sources and guidelines for quality assessment of "
    "glacier area, elevation change, and velocity products derived from satellite data in the Glaciers_cci "
    "project. Remote Sensing of Environment 203, 256-275. doi:10.1016/j.rse.2017.08.038",
    "Sen 1968": "Sen, P. K. (1968): Estimates of the regression coefficient based on Kendall's tau. Journal "
    "of the American Statistical Association 63(324), 1379-1389. doi:10.1080/01621459.1968.10480934",
    "Snyder 1987": "Snyder, J. P. (1987): Map projections: a working manual. U.S. Geological Survey "
    "Professional Paper 1395. doi:10.3133/pp1395",
    "Theil 1950": "Theil, H. (1950): A rank-invariant method of linear and polynomial regression analysis. "
    "Proceedings of the Koninklijke Nederlandse Akademie van Wetenschappen A 53, 386-392, 521-525, "
    "1397-1412.",
}


@dataclass(frozen=True, slots=True)
class Methods:
    """Paragraphs, and the references that they cite in alphabetical order."""

    paragraphs: tuple[str, ...]
    references: tuple[str, ...]


def describe_methods(
    series: Series,
    trend: Trend | None,
    method: Method,
    error_kind: ErrorKind | None,
    *,
    firnline: str,
) -> Methods:
    """How areas, errors and trend of a series came about. `firnline`: the version of the software."""
    paragraphs = (
        _mapping_words(series, method, firnline),
        _series_words(series, error_kind),
        _trend_words(trend),
    )
    text = " ".join(paragraphs)
    cited = tuple(full for key, full in sorted(REFERENCES.items()) if key in text)
    return Methods(paragraphs, cited)


def _mapping_words(series: Series, chosen: Method, firnline: str) -> str:
    """The tiles by the hash of their content, and what mapped the points that count."""
    runs = len(series.points)
    tiles = len({point.observation.input_sha256 for point in series.points})
    counted = Counter(point.observation.method for point in series.counted)
    mapped = [
        f"{_many(count, 'point')} that {_verb(count)} from {_method_words(method)}"
        for method, count in counted.items()
    ] or [f"No point counts; the chosen ones are of {_method_words(chosen)}"]
    return (
        f"Firnline mapped {_many(tiles, 'multispectral tile')} in {_many(runs, 'run')}; Firnline {firnline} "
        f"wrote this report. {' '.join(mapped)} Pixels without data were neither classified nor counted. "
        "Areas are on the ellipsoid of each tile's reference system, through "
        "the authalic sphere (Snyder 1987, equations 3-11 to 3-13)."
    )


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _verb(count: int) -> str:
    return "counts comes" if count == 1 else "count come"


def _method_words(method: Method) -> str:
    title = MODELS[method.model].title if method.model in MODELS else method.model
    decides = (
        "each pixel takes the class of the highest probability"
        if method.threshold is None
        else f"a pixel is glacier where the probability is at least {method.threshold:g}"
    )
    smallest = method.options.min_area_km2
    small = (
        f"Patches smaller than {smallest:g} km2 were merged into what surrounds them (Paul et al. 2009)."
        if smallest
        else "Patches of every size were kept."
    )
    eight = (
        " Probabilities are the mean over eight orientations of the tile."
        if method.options.symmetries
        else ""
    )
    return f"model '{title}', weights SHA-256 {method.weights_sha256}; {decides}.{eight} {small}"


def _series_words(series: Series, error_kind: ErrorKind | None) -> str:
    guards = guards_words(series)
    if not any(point.sigma_km2 is not None for point in series.counted):
        error_kind = None
    counted = len(series.counted)
    asked = f"Points count under these guards: {'; '.join(guards)}." if guards else "No guard was on."
    if any(point.observation.inside_outline for point in series.counted):
        asked += (
            " Areas and coverage are those inside all outlines of the site together; a pixel belongs to an "
            "outline when its centre lies inside."
        )
    errors = {
        ErrorKind.BUFFER: "Error bars are half a pixel along the outline as one standard deviation (Paul et "
        "al. 2017), times 1.96.",
        ErrorKind.PROBABILITY: "Error bars come from the calibrated probabilities by a spatial block "
        "bootstrap (Kuensch 1989), as 1.96 standard deviations around the mapped area.",
        ErrorKind.SPREAD: "Error bars are 1.96 standard deviations of the areas that eight orientations of "
        "the tile give.",
        None: "No errors were estimated for these areas.",
    }
    return (
        f"{asked} {counted} of {len(series.points)} points count; the others are drawn hollow, with the "
        f"reason in the table. Seasonal snow hides outlines, so the end of the melt season is the time to "
        f"map (Paul et al. 2009). {errors[error_kind]}"
    )


def _trend_words(trend: Trend | None) -> str:
    if trend is None:
        return "Without two dates of one model, weights and parameters no trend was estimated."
    words = (
        "The change per year is the median of the slopes of all pairs of points (Theil 1950; Sen 1968)"
        + (
            "; so few points have no 95 % interval. "
            if trend.interval is None
            else ", its 95 % interval is cut from their order (Sen 1968). "
        )
        + "Significance is tested with Mann and Kendall's "
        "test, two-sided (Mann 1945; Kendall 1975)"
    )
    if trend.test is None:
        words += "; with fewer than four dates no test was calculated"
    else:
        words += (
            ", exactly" if trend.test.exact else ", by the normal approximation with corrections for ties"
        )
    words += f". Percentages refer to the mean area in {trend.first_year}."
    if trend.detectable_km2_per_year is not None:
        words += (
            " The smallest detectable change is the slope that the test would find in 80 of 100 series with "
            "the same dates and normal errors, independent between dates and as large as the scatter about "
            "the line (Birge 1932); errors common to all dates cancel in it."
        )
    if trend.steps:
        words += (
            " Weights, model or parameters changed within the series: only points of the same ones were "
            "compared (Hirsch et al. 1982), and the step between them is no part of the trend."
        )
    return words
