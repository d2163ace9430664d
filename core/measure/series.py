"""A site's runs as a series of dated areas, with the guards that keep unlike points from being compared.

A point that a guard leaves out stays in the series with the reason, so that a chart can show it and a
reader can disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from core.measure.guards import (
    Guards,
    LeftOut,
    guarded,
    main_frame,
    main_input,
    of_another_input,
    of_another_method,
)
from core.models import MODELS
from core.runs import ALL_ICE, NORMAL_95

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from core.measure.guards import Found
    from core.measure.observations import Method, Observation
    from core.runs import ErrorKind


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
        if self.area_km2 is None or self.half_km2 is None:
            return None
        return max(0.0, self.area_km2 - self.half_km2), self.area_km2 + self.half_km2

    @property
    def half_km2(self) -> float | None:
        """Half the width of that interval where zero does not cut it; None without an error."""
        return None if self.sigma_km2 is None else NORMAL_95 * self.sigma_km2


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one class by date, undated ones last.

    `method`: the one whose points count, None when several may. `notes`: what a reader should know of all
    points together. `error_kind`: which of their errors the points stand with.
    """

    class_key: str
    points: tuple[SeriesPoint, ...]
    method: Method | None
    guards: Guards
    notes: tuple[str, ...] = field(default=())
    error_kind: ErrorKind | None = None

    @property
    def counted(self) -> tuple[SeriesPoint, ...]:
        """The points that count, by date."""
        return tuple(point for point in self.points if point.counts)

    @property
    def to_measure(self) -> int:
        """How many points lack only that somebody measures inside the outlines."""
        runs = [p.observation for p in self.points if p.left_out is LeftOut.NO_AREA]
        return sum(each.unmeasured and each.placeable for each in runs)


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

    `method`: whose runs count while `guards.one_method` is on, and come first of several of a date.
    `error_kind`: which of a run's errors stands with its area.
    """
    frame = main_frame(observations)
    points = []
    for each in observations:
        sigma = each.sigmas_km2.get((class_key, error_kind)) if error_kind else None
        point = SeriesPoint(each, each.areas_km2.get(class_key), sigma)
        found = (
            _without_a_date(each, today)
            or (of_another_method(each.method, method) if guards.one_method and method else None)
            or _without_an_area(point, class_key)
            or guarded(each, guards, frame)
        )
        points.append(_without(point, *found) if found else point)
    if guards.same_input:
        points = _of_one_input(points)
    if guards.one_a_date:
        points = _one_a_date(points, method)
    points.sort(key=lambda p: (p.observation.acquired_on or date.max, p.observation.finished_at))
    counted = [point for point in points if point.counts]
    notes = (
        *_edge_notes(counted),
        *(_cloud_notes(counted) if guards.most_cloud_share is not None else ()),
        *_sensor_notes(counted),
    )
    counting = method if guards.one_method else None
    return Series(class_key, tuple(points), counting, guards, notes, error_kind)


def _without(point: SeriesPoint, left_out: LeftOut, reason: str) -> SeriesPoint:
    return SeriesPoint(point.observation, point.area_km2, point.sigma_km2, left_out, reason)


def _without_a_date(each: Observation, today: date) -> Found:
    """Runs that have no place in time."""
    day = each.acquired_on
    if day is None:
        return LeftOut.UNDATED, "The run has no acquisition date. Edit it in the History to add one."
    if day > today:
        return LeftOut.FUTURE, f"Its date, {day.isoformat()}, lies in the future. Correct it in the History."
    return None


def _without_an_area(point: SeriesPoint, class_key: str) -> Found:
    """Points without an area of the class."""
    if point.area_km2 is not None:
        return None
    spec = MODELS.get(point.observation.method.model)
    if spec and class_key not in {ALL_ICE, *(info.key for info in spec.foreground)}:
        return (
            LeftOut.NO_AREA,
            "Its model does not tell this class. Follow all ice to see runs of both models.",
        )
    if point.observation.inside_outline and not point.observation.placeable:
        return (
            LeftOut.NO_AREA,
            "The site's outlines cannot be placed on its tile, which has no coordinate reference system, or "
            "a local one. Georeference the tile and run it again.",
        )
    if point.observation.inside_outline:
        return LeftOut.NO_AREA, "Not measured inside the site's outlines yet. Press 'Measure now' to do it."
    return LeftOut.NO_AREA, "The run has no area of this class in km2."


def _of_one_input(points: list[SeriesPoint]) -> list[SeriesPoint]:
    """Of the points that count otherwise, those whose network saw what it saw on most dates."""
    wanted = main_input([point.observation for point in points if point.counts])
    if wanted is None:
        return points
    found = [of_another_input(p.observation, wanted) if p.counts else None for p in points]
    return [_without(p, *why) if why else p for p, why in zip(points, found, strict=True)]


def _one_a_date(points: list[SeriesPoint], method: Method | None) -> list[SeriesPoint]:
    """Of the points of a date one of the chosen method counts: that seeing most, of equals the newest."""
    best: dict[date, SeriesPoint] = {}
    for point in points:
        day = point.observation.acquired_on
        if point.counts and day and (day not in best or _rank(point, method) > _rank(best[day], method)):
            best[day] = point
    kept = {id(point) for point in best.values()}
    reason = "Another run of this date counts: it is of the chosen model, weights and parameters, sees more "
    reason += "ground, or is newer."
    return [
        _without(point, LeftOut.REPEATED, reason) if point.counts and id(point) not in kept else point
        for point in points
    ]


def _rank(point: SeriesPoint, method: Method | None) -> tuple[bool, float, datetime]:
    each = point.observation
    return each.method == method, each.valid_share, each.finished_at


def _edge_notes(counted: Sequence[SeriesPoint]) -> tuple[str, ...]:
    shares = [p.observation.cut.edge_share for p in counted if p.observation.cut]
    if not shares or max(shares) <= 0 or all(p.observation.inside_outline for p in counted):
        return ()
    return (
        f"The tile's edge cuts up to {100 * max(shares):.0f} % of the ice's outline, in the same place "
        "on every date: the areas are those inside the tile, not those of whole glaciers.",
    )


def _cloud_notes(counted: Sequence[SeriesPoint]) -> tuple[str, ...]:
    """How many of the points that count nobody could look for cloud on."""
    checks = [point.observation.clouds for point in counted]
    older = sum(check is None for check in checks)
    blind = sum(check is not None and check.share is None for check in checks)
    reasons = [
        f"{count} {words}"
        for count, words in (
            (older, "from before Firnline looked for it"),
            (blind, "without the bands to tell (visible and shortwave infrared)"),
        )
        if count
    ]
    if not reasons:
        return ()
    return (
        f"Unmasked cloud is not known for {older + blind} of the {len(checks)} points that count: "
        f"{' and '.join(reasons)}. Look at their pictures.",
    )


def _sensor_notes(counted: Sequence[SeriesPoint]) -> tuple[str, ...]:
    """Which sensors the points that count come from, where these are several."""
    sensors = sorted({p.observation.sensor for p in counted if p.observation.sensor})
    if len(sensors) < 2:
        return ()
    return (
        f"The points that count come from {len(sensors)} sensors ({', '.join(sensors)}): their bands are not "
        "quite the same, and a network may map the same ice a little otherwise.",
    )
