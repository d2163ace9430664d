"""Tests that a card keeps of the errors of areas and of trends: how often they held the truth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpreadTest:
    """How often the spread of eight views held the true area, where a test of its own tells.

    `coverage`: class key, or "ice" -> share of `tiles` simulated tiles, 0..1. `command` repeats it.
    """

    tiles: int
    coverage: dict[str, float]
    command: str


@dataclass(frozen=True, slots=True)
class TrendTest:
    """On how many simulated places of known loss a trend's 95 % interval held the true slope of all ice.

    `places`: those whose trend has an interval. `held`: how many of them. `command` repeats it.
    """

    places: int
    held: int
    command: str


@dataclass(frozen=True, slots=True)
class ErrorTest:
    """How well the errors of areas held on simulated tiles, whose true areas are known.

    `factors`: class key, or "ice" -> by how much the interval of the expected area is widened, found on
    `calibration_tiles` tiles. `coverage`: kind of error -> class key -> share of `test_tiles` other tiles
    whose interval held the true area, 0..1, the factors applied. `command` repeats it. `spread`: the test of
    eight views, where it was made apart, because it takes eight times as long. `trend`: the test of trends;
    a card may have it alone, with 0 tiles.
    """

    calibration_tiles: int
    test_tiles: int
    factors: dict[str, float]
    coverage: dict[str, dict[str, float]]
    command: str
    spread: SpreadTest | None = None
    trend: TrendTest | None = None

    def held(self, kind: str, class_key: str) -> tuple[float, int] | None:
        """The share of tiles whose interval of a kind held the truth, and of how many; None if untested."""
        share = self.coverage.get(kind, {}).get(class_key)
        if share is not None:
            return share, self.test_tiles
        if kind != "spread" or self.spread is None or class_key not in self.spread.coverage:
            return None
        return self.spread.coverage[class_key], self.spread.tiles
