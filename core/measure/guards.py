"""Guards: what a run must satisfy to count in a series, and why another is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from core.measure.clouds import MUCH
from core.measure.pixels import pixels_differ
from core.tiles.bands import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.observations import Method, Observation
    from core.measure.seasons import SeasonWindow
    from core.runs import MapBounds
    from core.types import BandName

FRAME_TOLERANCE = 0.01  # of a tile's side: neighbours of one pixel in 100 still see the same ground


class LeftOut(StrEnum):
    """Why a point does not count."""

    UNDATED = "undated"
    FUTURE = "future"
    NO_AREA = "no-area"
    MODEL = "other-model"
    WEIGHTS = "other-weights"
    PARAMETERS = "other-parameters"
    SEASON = "season"
    COVERAGE = "coverage"
    CLOUD = "cloud"
    EDGE = "edge"
    GROUND = "other-ground"
    PIXELS = "other-pixels"
    BANDS = "other-bands"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Guards:
    """What a point must satisfy to count; None and False switch a guard off.

    `least_valid_share`: of the ground. `most_cut_share`: of the ice's outline, beside no data.
    `most_cloud_share`: of the ground, looking like cloud that the product does not mask; a tile that cannot
    be judged passes and is noted. `same_ground`: all tiles show the same frame. `one_method`: one model, its
    weights and its parameters. `one_a_date`: of several runs of a date, one. `same_input`: pixels
    of one size but for `core.measure.pixels.ALIKE_PIXELS`, and the same bands; what is unknown passes.
    """

    season: SeasonWindow | None = None
    least_valid_share: float | None = 0.95
    most_cut_share: float | None = 0.05
    most_cloud_share: float | None = MUCH
    same_ground: bool = True
    one_method: bool = True
    one_a_date: bool = True
    same_input: bool = True


@dataclass(frozen=True, slots=True)
class Input:
    """What most points show a network: the side of a pixel, m, and the bands. `whose`: these points in words.

    None and an empty tuple where nothing is known.
    """

    pixel_m: float | None
    bands: tuple[BandName, ...]
    whose: str


Found = tuple[LeftOut, str] | None


def of_another_method(method: Method, wanted: Method) -> Found:
    """Why a run of a method does not count where another is wanted; None where both are the same."""
    step = "a step here would be the model's and not the glacier's."
    if method.model != wanted.model:
        return LeftOut.MODEL, f"Other model: {step}"
    if method.weights_sha256 != wanted.weights_sha256:
        return LeftOut.WEIGHTS, f"Other weights: {step}"
    if method != wanted and replace(method, card=wanted.card) == wanted:
        return LeftOut.PARAMETERS, f"Other constants, temperature or threshold on the model's card: {step}"
    if method != wanted:
        return LeftOut.PARAMETERS, f"Other parameters (threshold, smallest area or symmetries): {step}"
    return None


def guarded(each: Observation, guards: Guards, frame: MapBounds | None) -> Found:
    """The first guard on season, ground or cloud that the run does not pass.

    `frame`: that of most runs, from `main_frame`.
    """
    return (
        _in_season(each, guards) or _seen(each, guards) or _clear(each, guards) or _there(each, guards, frame)
    )


def _in_season(each: Observation, guards: Guards) -> Found:
    if not guards.season or not each.acquired_on or each.acquired_on in guards.season:
        return None
    return (
        LeftOut.SEASON,
        f"Taken outside the season of {guards.season.words}: snow may hide the outline.",
    )


def _seen(each: Observation, guards: Guards) -> Found:
    least, most = guards.least_valid_share, guards.most_cut_share
    if least is not None and each.valid_share < least:
        where = "the site's outline" if each.inside_outline else "the tile"
        return (
            LeftOut.COVERAGE,
            f"Only {_percent(each.valid_share)} of {where} carries data; {_percent(least)} are asked for.",
        )
    if most is not None and each.cut and each.cut.no_data_share > most:
        return (
            LeftOut.COVERAGE,
            f"No data cuts off {_percent(each.cut.no_data_share)} of the ice's outline; "
            f"at most {_percent(most)} may be.",
        )
    return None


def _clear(each: Observation, guards: Guards) -> Found:
    share, most = each.clouds.share if each.clouds else None, guards.most_cloud_share
    if share is None or most is None or share <= most:
        return None
    where = "the ground in the site's outline" if each.inside_outline else "the tile"
    return (
        LeftOut.CLOUD,
        f"{100 * share:.1f} % of {where} look like cloud that the product does not mask; "
        f"at most {_percent(most)} may.",
    )


def _there(each: Observation, guards: Guards, frame: MapBounds | None) -> Found:
    if not guards.same_ground or each.inside_outline or _same_frame(each.bounds, frame):
        return None
    if each.cut and each.cut.edge_share > 0:
        return (
            LeftOut.EDGE,
            "The tile shows other ground than most of this site, and its edge cuts "
            f"{_percent(each.cut.edge_share)} of the ice's outline. "
            "Give the site an outline to compare them.",
        )
    return (
        LeftOut.GROUND,
        "The tile shows other ground than most of this site. Give the site an outline to compare them.",
    )


def main_input(observations: Sequence[Observation]) -> Input | None:
    """Pixel and bands of the runs on most dates, of equals the first; None where no run tells any.

    Runs that tell both alone are asked where there are some.
    """
    told = [o for o in observations if o.pixel_m is not None or o.bands]
    told = [o for o in told if o.pixel_m is not None and o.bands] or told
    groups: list[list[Observation]] = []
    for each in told:
        alike = (group for group in groups if _unlike(each, group[0].pixel_m, group[0].bands) is None)
        group = next(alike, None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    if not groups:
        return None
    dates = [len({each.acquired_on for each in group}) for group in groups]
    most = groups[dates.index(max(dates))]
    whose = "most points" if 2 * max(dates) > sum(dates) else "the points that count"
    return Input(most[0].pixel_m, most[0].bands, whose)


def of_another_input(each: Observation, wanted: Input) -> Found:
    """Why a run does not count whose network saw other pixels or bands; None where they are alike."""
    unlike = _unlike(each, wanted.pixel_m, wanted.bands)
    if unlike is LeftOut.PIXELS:
        one, other = each.pixel_m or 0.0, wanted.pixel_m or 0.0
        return unlike, (
            f"Its pixels are {_metres(one)}, those of {wanted.whose} {_metres(other)}: a network maps "
            f"{'finer' if one < other else 'coarser'} pixels otherwise."
        )
    if unlike is LeftOut.BANDS:
        lacking = [LABELS[band].lower() for band in wanted.bands if band not in each.bands]
        more = [LABELS[band].lower() for band in each.bands if band not in wanted.bands]
        parts = [
            f"{verb} {' and '.join(names)}, which {wanted.whose} {others}"
            for verb, names, others in (("lacks", lacking, "have"), ("has", more, "lack"))
            if names
        ]
        return unlike, f"It {' and '.join(parts)}: a network maps ice otherwise with other bands."
    return None


def _unlike(each: Observation, pixel_m: float | None, bands: tuple[BandName, ...]) -> LeftOut | None:
    if pixels_differ(each.pixel_m, pixel_m):
        return LeftOut.PIXELS
    if each.bands and bands and set(each.bands) != set(bands):
        return LeftOut.BANDS
    return None


def _metres(side_m: float) -> str:
    return f"{side_m:.1f}".removesuffix(".0") + " m"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def main_frame(observations: Sequence[Observation]) -> MapBounds | None:
    """The frame that most dated runs share, of equals the first."""
    frames: list[tuple[MapBounds, int]] = []
    for bounds in (o.bounds for o in observations if o.acquired_on and o.bounds):
        at = next((n for n, (known, _) in enumerate(frames) if _same_frame(bounds, known)), None)
        if at is None:
            frames.append((bounds, 1))
        else:
            frames[at] = frames[at][0], frames[at][1] + 1
    return max(frames, key=lambda frame: frame[1])[0] if frames else None


def _same_frame(one: MapBounds | None, other: MapBounds | None) -> bool:
    """Whether two tiles show the same ground but for a hundredth of their sides; unplaced ones may."""
    if one is None or other is None:
        return True
    high = FRAME_TOLERANCE * (other.north - other.south)
    wide = FRAME_TOLERANCE * (other.east - other.west)
    return (
        max(abs(one.north - other.north), abs(one.south - other.south)) <= high
        and max(abs(one.east - other.east), abs(one.west - other.west)) <= wide
    )
