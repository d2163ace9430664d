"""Whether two runs can be held against each other: what differs besides the ice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.measure.clouds import MUCH
from core.measure.pixels import pixel_side_m, pixels_differ
from core.models import model_spec
from core.tiles.bands import LABELS
from core.types import BANDS, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from core.runs import Run
    from core.types import BandName

DAYS_OF_YEAR = 365.25
SEASON_DAYS = (
    45  # snow lines move through a whole melt season in three months; half of that is another season
)
LEAST_VALID_SHARE = 0.05  # a difference in coverage that is worth telling
MODEL_CODES = frozenset(
    {"other-model", "other-weights", "other-card", "other-threshold", "other-smallest-area", "other-way"}
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A run with the acquisition date that counts: the user's."""

    run: Run
    acquired_on: date | None


def differences(before: Dated, after: Dated) -> tuple[Finding, ...]:
    """What differs between two runs besides the ground itself, what spoils the comparison first.

    A warning means that part of a change need not be the glacier's.
    """
    found = [*_of_model(before.run, after.run), *_of_scene(before, after)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity)))


def model_differs(before: Run, after: Run) -> bool:
    """Whether a change may come from the model: another network, other weights, other parameters."""
    return any(finding.code in MODEL_CODES for finding in _of_model(before, after))


def inputs_differ(before: Run, after: Run) -> tuple[str, ...]:
    """How a network saw the two tiles otherwise, a phrase each: other pixels, another sensor, other bands.

    Empty where the tiles are alike in these, or one and the same. Networks react to such differences whatever
    the ground does, so they may be part of a change even between runs of one model.
    """
    if before.tile.sha256 == after.tile.sha256:
        return ()
    found = []
    one, other = _pixel_m(before), _pixel_m(after)
    if pixels_differ(one, other):
        found.append(f"other pixels ({one:.1f} m and {other:.1f} m a side)")
    if before.tile.sensor != after.tile.sensor:
        found.append(f"another sensor ({' and '.join(_sensors(before, after))})")
    found += [
        f"other bands ({LABELS[band].lower()} in the {'first' if has_first else 'second'} alone)"
        for band, has_first in _bands_of_one(before, after)
    ]
    return tuple(found)


def days_apart_in_season(before: date, after: date) -> int:
    """Days between two dates within the year, 0 to 183, whatever years they are in."""
    days = abs(before.timetuple().tm_yday - after.timetuple().tm_yday)
    return int(min(days, DAYS_OF_YEAR - days))


def _of_model(before: Run, after: Run) -> Iterator[Finding]:
    if before.model != after.model:
        one, other = (model_spec(run.model).title for run in (before, after))
        yield _warning(
            "other-model",
            f"The first run comes from '{one}', the second from '{other}'. They are compared on glacier or "
            "not glacier alone, and part of the change is the models'.",
        )
    elif before.weights_sha256 != after.weights_sha256:
        yield _warning(
            "other-weights",
            f"The weights differ ({before.weights_sha256[:12]} and {after.weights_sha256[:12]}), so part of "
            "the change may be the model's. Split the change below before you read it as the glacier's.",
        )
    elif before.key.card != after.key.card and before.key.card and after.key.card:
        yield _warning(
            "other-card",
            "The weights are the same, but the constants, the temperature or the threshold on the model's "
            "card differ, so part of the change may be the model's. Split the change below before you read "
            "it as the glacier's.",
        )
    thresholds = before.threshold, after.threshold
    if before.model == after.model and thresholds[0] != thresholds[1] and None not in thresholds:
        yield _warning(
            "other-threshold",
            f"The thresholds differ ({before.threshold:g} and {after.threshold:g}): a higher one maps less "
            "ice.",
        )
    areas = before.options.min_area_km2, after.options.min_area_km2
    if areas[0] != areas[1]:
        yield _warning(
            "other-smallest-area",
            f"The smallest areas differ ({areas[0]:g} and {areas[1]:g} km2): one run kept patches that the "
            "other gave away.",
        )
    if before.options.symmetries != after.options.symmetries:
        yield _warning("other-way", "One run averaged eight orientations of the tile, the other did not.")


def _of_scene(before: Dated, after: Dated) -> Iterator[Finding]:
    one, other = before.run, after.run
    if one.tile.sha256 == other.tile.sha256:
        yield Finding(
            Severity.NOTE,
            "same-tile",
            "Both runs saw the same tile: whatever changed comes from the model or its parameters.",
        )
        return
    if before.acquired_on is None or after.acquired_on is None:
        yield _warning(
            "unknown-date",
            "The acquisition date of a run is unknown, so nobody can tell whether the seasons agree. Edit "
            "the run and enter it.",
        )
    else:
        yield from _of_dates(before.acquired_on, after.acquired_on)
    if one.tile.sensor != other.tile.sensor:
        names = _sensors(one, other)
        yield _warning(
            "other-sensor",
            f"The sensors differ ({names[0]} and {names[1]}): their bands and pixels are not quite the same.",
        )
    yield from _of_bands(one, other)
    yield from _of_pixels(one, other)
    yield from _of_clouds(one, other)
    if abs(one.valid_share - other.valid_share) > LEAST_VALID_SHARE:
        yield Finding(
            Severity.NOTE,
            "other-coverage",
            f"The runs saw {100 * one.valid_share:.0f} % and {100 * other.valid_share:.0f} % of their tiles. "
            "Ground that one did not see is left out.",
        )


def _of_dates(before: date, after: date) -> Iterator[Finding]:
    days = days_apart_in_season(before, after)
    if days > SEASON_DAYS:
        yield _warning(
            "other-season",
            f"The seasons are {days} days apart ({before.isoformat()} and {after.isoformat()}): snow on the "
            "ground looks like ice. Compare images of the end of the melt season.",
        )
    if before > after:
        yield Finding(
            Severity.NOTE, "backwards", "The first run is the later image: gain and loss are told backwards."
        )
    if before == after:
        yield Finding(
            Severity.NOTE, "same-day", "Both images are of the same day; no glacier changes in hours."
        )


def _sensors(one: Run, other: Run) -> list[str]:
    return [run.tile.sensor or "an unknown sensor" for run in (one, other)]


def _of_bands(before: Run, after: Run) -> Iterator[Finding]:
    for band, has_first in _bands_of_one(before, after):
        lacking = "second" if has_first else "first"
        hint = " Debris-covered ice is told by it." if band == "thermal" else ""
        yield _warning(
            f"other-{band}", f"The {lacking} run has no band {LABELS[band].lower()}, the other has it.{hint}"
        )


def _bands_of_one(before: Run, after: Run) -> Iterator[tuple[BandName, bool]]:
    """The bands that one tile alone has, and whether that is the first."""
    for band in BANDS:
        has_first = band in before.tile.bands
        if has_first != (band in after.tile.bands):
            yield band, has_first


def _of_pixels(before: Run, after: Run) -> Iterator[Finding]:
    one, other = _pixel_m(before), _pixel_m(after)
    if not pixels_differ(one, other):
        return
    yield _warning(
        "other-pixels",
        f"The pixels differ ({one:.1f} m and {other:.1f} m a side): a network maps finer pixels otherwise, "
        "so part of the change need not be the glacier's; and the coarser run is looked up pixel by pixel, "
        "which moves its outlines by up to half of one.",
    )


def _pixel_m(run: Run) -> float | None:
    return pixel_side_m(run.valid_area_km2, run.valid_px)


def _of_clouds(before: Run, after: Run) -> Iterator[Finding]:
    shares = {
        which: run.clouds.share if run.clouds else None
        for which, run in (("first", before), ("second", after))
    }
    much = {which: share for which, share in shares.items() if share is not None and share > MUCH}
    if much:
        told = " and ".join(f"{100 * share:.1f} % of the {which} tile" for which, share in much.items())
        yield _warning(
            "unmasked-cloud",
            f"{told} look like cloud that the product does not mask. What lies under cloud was not seen, so "
            "gain and loss there need not be the glacier's. Compare clearer scenes, or ones with a cloud "
            "mask.",
        )
    unjudged = [which for which, share in shares.items() if share is None]
    if unjudged:
        runs = f"the {unjudged[0]} run" if len(unjudged) == 1 else "either run"
        yield Finding(
            Severity.NOTE,
            "unknown-cloud",
            f"Whether {runs} shows cloud that the product does not mask is not known: it was not looked for, "
            "or bands are missing. Look at the pictures.",
        )


def _warning(code: str, message: str) -> Finding:
    return Finding(Severity.WARNING, code, message)
