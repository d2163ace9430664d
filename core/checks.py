"""Cross-checks of a run: what an expert would look at by hand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.types import BandName


class Rule(StrEnum):
    """A simple rule for snow and ice that needs no network."""

    NDSI = "ndsi"  # the normalised difference snow index is at least 0.4
    FREEZING = "freezing"  # the surface is no warmer than melting ice


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """How often a rule and the network say the same; pixels where both can tell.

    `network_px` and `rule_px` count what the one alone calls ice.
    """

    rule: Rule
    both_px: int
    neither_px: int
    network_px: int
    rule_px: int

    @property
    def compared_px(self) -> int:
        """Pixels that both could judge."""
        return self.both_px + self.neither_px + self.network_px + self.rule_px

    @property
    def agreement(self) -> float:
        """Share of the compared pixels on which both agree, 0..1."""
        return (self.both_px + self.neither_px) / self.compared_px if self.compared_px else 0.0


@dataclass(frozen=True, slots=True)
class BandFit:
    """How a band's values lie to those that the weights were trained on, by a sample of the valid pixels.

    `low` and `high` are the training's mean less and plus three standard deviations, in reflectance or
    kelvin; `below` and `above` the shares of pixels beyond them, 0..1. `median` is the tile's.
    """

    band: BandName
    low: float
    high: float
    below: float
    above: float
    median: float


@dataclass(frozen=True, slots=True)
class CloudCheck:
    """Pixels that look like cloud which the product did not mask, of those that have the bands to tell."""

    cloud_px: int
    judged_px: int

    @property
    def share(self) -> float | None:
        """Share of the judged pixels, 0..1; None where none could be judged."""
        return self.cloud_px / self.judged_px if self.judged_px else None


@dataclass(frozen=True, slots=True)
class CrossChecks:
    """What an expert would check by hand. Rules whose bands are missing are left out, and so are bands.

    `clouds` is None in runs from before clouds were looked for.
    """

    rules: tuple[RuleCheck, ...] = ()
    bands: tuple[BandFit, ...] = ()
    clouds: CloudCheck | None = None
