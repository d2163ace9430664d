"""A site's runs as a series of dated areas, with the guards that keep unlike points from being compared.

A point that a guard leaves out stays in the series with the reason, so that a chart can show it and a
reader can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.measure.observations import Method, Observation
    from core.measure.seasons import SeasonWindow
    from core.runs import ErrorKind, MapBounds

FRAME_TOLERANCE = 0.01  # of a tile's side: neighbours of one pixel in 100 still see the same ground
NORMAL_95 = 1.959964  # half the width of a 95 % interval in standard deviations


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
    EDGE = "edge"
    GROUND = "other-ground"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Guards:
    """What a point must satisfy to count; None and False switch a guard off.

    `least_valid_share`: of the ground. `most_cut_share`: of the ice's outline, beside no data. `same_ground`:
    all tiles show the same frame. `one_method`: one model, its weights and its parameters. `one_a_date`: of
    several runs of a date, one.
    """

    season: SeasonWindow | None = None
    least_valid_share: float | None = 0.95
    most_cut_share: float | None = 0.05
    same_ground: bool = True
    one_method: bool = True
    one_a_date: bool = True


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """A run in the series of one class. `sigma_km2`: one standard error, None where the run has none.

    `left_out` is None for a point that counts; `reason` says in a sentence why it does not.
    """

    observation: Observation
    area_km2: float | None
    sigma_km2: float | None
    left_out: LeftOut | None = None
    reason: str = ""

    @property
    def counts(self) -> bool:
        """Whether no guard left it out."""
        return self.left_out is None

    @property
    def interval_km2(self) -> tuple[float, float] | None:
        """The area's 95 % interval, not below zero; None without an error."""
        if self.area_km2 is None or self.sigma_km2 is None:
            return None
        half = NORMAL_95 * self.sigma_km2
        return max(0.0, self.area_km2 - half), self.area_km2 + half


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one class by date, undated ones last.

    `method`: the one whose points count, None when several may. `notes`: what a reader should know of all
    points together.
    """

    class_key: str
    points: tuple[SeriesPoint, ...]
    method: Method | None
    guards: Guards
    notes: tuple[str, ...] = field(default=())

    @property
    def counted(self) -> tuple[SeriesPoint, ...]:
        """The points that count, by date."""
        return tuple(point for point in self.points if point.counts)


def build_series(
    observations: Sequence[Observation],
    class_key: str,
    guards: Guards,
    *,
    method: Method | None,
    today: date,
    error_kind: ErrorKind | None = None,
) -> Series:
    """The series of a class: every run once, those that a guard leaves out with the reason.

    `method`: whose runs count while `guards.one_method` is on. `error_kind`: which of a run's errors stands
    with its area.
    """
    frame = _main_frame(observations)
    points = []
    for each in observations:
        sigma = each.sigmas_km2.get((class_key, error_kind)) if error_kind else None
        point = SeriesPoint(each, each.areas_km2.get(class_key), sigma)
        found = (
            _without_a_place(point, today)
            or (_of_another_method(each.method, method) if guards.one_method and method else None)
            or _guarded(each, guards, frame)
        )
        points.append(_without(point, *found) if found else point)
    if guards.one_a_date:
        points = _one_a_date(points)
    points.sort(key=lambda p: (p.observation.acquired_on or date.max, p.observation.finished_at))
    notes = _notes([point for point in points if point.counts])
    return Series(class_key, tuple(points), method if guards.one_method else None, guards, notes)


def _without(point: SeriesPoint, left_out: LeftOut, reason: str) -> SeriesPoint:
    return SeriesPoint(point.observation, point.area_km2, point.sigma_km2, left_out, reason)


Found = tuple[LeftOut, str] | None


def _without_a_place(point: SeriesPoint, today: date) -> Found:
    """Points that have no place in time or no area."""
    day = point.observation.acquired_on
    if day is None:
        return LeftOut.UNDATED, "The run has no acquisition date. Edit it in the History to add one."
    if day > today:
        return LeftOut.FUTURE, f"Its date, {day.isoformat()}, lies in the future. Correct it in the History."
    if point.area_km2 is None:
        where = " inside the site's outlines" if point.observation.inside_outline else ""
        return LeftOut.NO_AREA, f"The run has no area of this class in km2{where}."
    return None


def _of_another_method(method: Method, wanted: Method) -> Found:
    step = "a step here would be the model's and not the glacier's."
    if method.model != wanted.model:
        return LeftOut.MODEL, f"Other model: {step}"
    if method.weights_sha256 != wanted.weights_sha256:
        return LeftOut.WEIGHTS, f"Other weights: {step}"
    if method != wanted:
        return LeftOut.PARAMETERS, f"Other parameters (threshold, smallest area or symmetries): {step}"
    return None


def _guarded(each: Observation, guards: Guards, frame: MapBounds | None) -> Found:
    """The first guard on season, coverage or ground that the run does not pass."""
    if guards.season and each.acquired_on and each.acquired_on not in guards.season:
        return (
            LeftOut.SEASON,
            f"Taken outside the season of {guards.season.words}: snow may hide the outline.",
        )
    least, most = guards.least_valid_share, guards.most_cut_share
    if least is not None and each.valid_share < least:
        where = "the site's outline" if each.inside_outline else "the tile"
        return (
            LeftOut.COVERAGE,
            f"Only {each.valid_share:.0%} of {where} carries data; {least:.0%} are asked for.",
        )
    if most is not None and each.cut and each.cut.no_data_share > most:
        return (
            LeftOut.COVERAGE,
            f"No data cuts off {each.cut.no_data_share:.0%} of the ice's outline; at most {most:.0%} may be.",
        )
    if not guards.same_ground or each.inside_outline or _same_frame(each.bounds, frame):
        return None
    if each.cut and each.cut.edge_share > 0:
        return (
            LeftOut.EDGE,
            "The tile shows other ground than most of this site, and its edge cuts "
            f"{each.cut.edge_share:.0%} of the ice's outline. Give the site an outline to compare them.",
        )
    return (
        LeftOut.GROUND,
        "The tile shows other ground than most of this site. Give the site an outline to compare them.",
    )


def _main_frame(observations: Sequence[Observation]) -> MapBounds | None:
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


def _one_a_date(points: list[SeriesPoint]) -> list[SeriesPoint]:
    """Of the points of a date, the one that sees most ground counts; of equals the newest run."""
    best: dict[date, SeriesPoint] = {}
    for point in points:
        day = point.observation.acquired_on
        if point.counts and day and (day not in best or _rank(point) > _rank(best[day])):
            best[day] = point
    kept = {id(point) for point in best.values()}
    reason = "Another run of this date counts: it sees more ground, or it is newer."
    return [
        _without(point, LeftOut.REPEATED, reason) if point.counts and id(point) not in kept else point
        for point in points
    ]


def _rank(point: SeriesPoint) -> tuple[float, datetime]:
    return point.observation.valid_share, point.observation.finished_at


def _notes(counted: Sequence[SeriesPoint]) -> tuple[str, ...]:
    shares = [p.observation.cut.edge_share for p in counted if p.observation.cut]
    if not shares or max(shares) <= 0 or all(p.observation.inside_outline for p in counted):
        return ()
    return (
        f"The tile's edge cuts up to {max(shares):.0%} of the ice's outline, in the same place on every "
        "date: the areas are those inside the tile, not those of whole glaciers.",
    )
