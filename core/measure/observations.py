"""Observations: the runs of a site as a series needs them, and the method that most of them share."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.measure.scene_flags import with_snow
from core.runs import ALL_ICE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from core.checks import CloudCheck
    from core.measure.ledger import Ledger
    from core.runs import ErrorKind, MapBounds, Options, OutlineCut
    from core.types import BandName, Finding


@dataclass(frozen=True, slots=True)
class Method:
    """What turned a tile into areas: only runs of one method differ by the glacier alone.

    `card`: `deciding_numbers` of the model's card; None for runs that do not tell it.
    """

    model: str
    weights_sha256: str
    threshold: float | None
    options: Options
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One run as a series needs it.

    `areas_km2`: class key, or `ALL_ICE`, to area; empty where the run has none in km2. `valid_share`: of the
    tile, or of the site's outline when `inside_outline`, 0..1. `bounds` is None for a tile without a place on
    the map, `cut` for a run that did not measure where its ice was cut off, `clouds` for one that did not
    look for them. `sigmas_km2`: one standard error by class key and kind of error. `outlines_sha256`: the
    hash of the outlines that the run was measured inside. `findings`: what was noticed of the run.
    `pixel_m`: side of a square with the mean ground of a pixel, m, None where areas are unknown; `sensor` of
    the tile, None where nothing tells it; `bands` that the tile has, empty where nobody noted them.
    `placeable`: whether the tile has a coordinate reference system that outlines can be placed in.
    """

    run_id: str
    tile_name: str
    input_sha256: str
    acquired_on: date | None
    finished_at: datetime
    method: Method
    areas_km2: dict[str, float]
    valid_share: float
    bounds: MapBounds | None = None
    cut: OutlineCut | None = None
    clouds: CloudCheck | None = None
    sigmas_km2: dict[tuple[str, ErrorKind], float] = field(default_factory=dict)
    inside_outline: bool = False
    outlines_sha256: str | None = None
    findings: tuple[Finding, ...] = ()
    pixel_m: float | None = None
    sensor: str | None = None
    bands: tuple[BandName, ...] = ()
    placeable: bool = True

    @property
    def unmeasured(self) -> bool:
        """Whether its areas should be those inside outlines, and nobody measured there."""
        return self.inside_outline and not self.areas_km2

    @property
    def seen_share(self) -> float | None:
        """The valid share of the ground that its areas are of; None where nobody measured that."""
        return None if self.unmeasured else self.valid_share


def main_method(observations: Sequence[Observation], model: str | None = None) -> Method | None:
    """The method with most dated runs, of equals the one used last; None without any dated run.

    `model` narrows the choice to one model.
    """
    wanted = [o for o in observations if o.acquired_on and (model is None or o.method.model == model)]
    if not wanted:
        return None
    runs = Counter(o.method for o in wanted)
    latest = {o.method: o.finished_at for o in sorted(wanted, key=lambda o: o.finished_at)}
    return max(runs, key=lambda method: (runs[method], latest[method]))


def with_likely_cards(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """The observations; one that does not tell its card has that of the others of its method, if they agree.

    Runs from before cards were recorded must not count as another method for that alone.
    """
    told: dict[Method, set[str]] = {}
    for card, untold in ((o.method.card, replace(o.method, card=None)) for o in observations):
        told.setdefault(untold, set()).update({card} if card else ())
    likely = {
        untold: replace(untold, card=next(iter(cards))) for untold, cards in told.items() if len(cards) == 1
    }
    return tuple(replace(o, method=likely.get(o.method, o.method)) for o in observations)


def flagged(observation: Observation, ledger: Ledger | None) -> Observation:
    """The run with the warning of snow around the outlines of its ledger."""
    return replace(observation, findings=with_snow(observation.findings, ledger))


def inside_outlines(observation: Observation, ledger: Ledger | None) -> Observation:
    """The run as its ledger measured it inside all outlines of its site together.

    Without a ledger the run has no areas: those of its whole tile must not stand beside the others'.
    """
    observation = flagged(observation, ledger)
    if ledger is None:
        return replace(observation, areas_km2={}, sigmas_km2={}, cut=None, clouds=None, inside_outline=True)
    found = ledger.inside
    return replace(
        observation,
        areas_km2={**found.areas_km2, ALL_ICE: found.ice_km2},
        sigmas_km2={(error.class_key, error.kind): error.sigma_km2 for error in found.errors},
        valid_share=ledger.coverage,
        cut=ledger.cut,
        clouds=ledger.clouds,
        inside_outline=True,
        outlines_sha256=ledger.outlines_sha256,
    )
