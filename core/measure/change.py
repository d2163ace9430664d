"""What changed between two runs: the record of a comparison.

All areas lie on the ground that both runs saw, on one grid. Gain, loss and stable ground are sums of the
transitions, so that the transition matrix is the one source of every number.

Three figures stand beside a mapped change, each with its own assumption:

- *buffer*: half a pixel along the outlines that moved, as one standard deviation. Where an outline is the
  same in both runs its error is the same and leaves the change. This is the buffer of Paul et al. (2017,
  Remote Sensing of Environment 203) along the changed outline alone; it stands for a misregistration of half
  a pixel, as Hall et al. (2003, Remote Sensing of Environment 86) carry registration into a change of area.
- *probability*: the expected change under the calibrated probabilities. Ground within one block errs
  together, ground of different blocks errs apart (`core.measure.expected`). For the net change both dates
  err apart, so that their variances add up, as Paul et al. (2017) combine the errors of two outlines.
- for a single transition, the probabilities of two dates say how often each class is right, not how often
  both are wrong at the same place. `expected_km2` assumes the least change that both allow (a maximal
  coupling: Lindvall 1992, Lectures on the Coupling Method), `unrelated_km2` that the two err independently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.runs import NORMAL_95, MapBounds
from core.types import Grid


@dataclass(frozen=True, slots=True)
class Estimate:
    """An area with its standard deviation, both in km2."""

    value_km2: float
    sigma_km2: float

    @property
    def low_km2(self) -> float:
        """Lower end of the 95 % interval."""
        return self.value_km2 - NORMAL_95 * self.sigma_km2

    @property
    def high_km2(self) -> float:
        """Upper end of the 95 % interval."""
        return self.value_km2 + NORMAL_95 * self.sigma_km2


@dataclass(frozen=True, slots=True)
class SharedClass:
    """A class that both runs can be read in. `colour` is None where maps leave it transparent."""

    key: str
    label: str
    colour: str | None
    is_ice: bool


@dataclass(frozen=True, slots=True)
class Transition:
    """Ground that was one class and became another, or stayed.

    `buffer_km2`: half a pixel along its outline, one standard deviation. `expected_km2` and its
    `sigma_km2`: under the least change that the probabilities allow; `unrelated_km2`: under errors that have
    nothing to do with each other. `sigma_km2` is None for ground that stayed; all are without probabilities.
    """

    before: str
    after: str
    pixels: int
    area_km2: float
    buffer_km2: float
    expected_km2: float | None = None
    sigma_km2: float | None = None
    unrelated_km2: float | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """Ground that is left out of the comparison, in km2.

    `only_before_km2` and `only_after_km2`: seen by that run alone, within the shared rectangle.
    `beyond_before_km2` and `beyond_after_km2`: seen by that run outside of the rectangle, where the other
    has no tile. `by_neither_km2`: within the rectangle, without data in both.
    """

    only_before_km2: float
    only_after_km2: float
    by_neither_km2: float
    beyond_before_km2: float = 0.0
    beyond_after_km2: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """The comparison of two runs.

    `transitions` are in row-major order of `classes`: before, then after. `reduced`: a run that knows only
    glacier or not was compared with one that knows more, on that question alone. `net_buffer` and
    `net_probability` estimate the net change of ice (None without probabilities). `grid` is the shared
    rectangle; for `resampled`, `reference` and `offset_px` see `core.measure.overlap.Overlap`. `block_m` is
    the side of a block of common error.
    """

    classes: tuple[SharedClass, ...]
    reduced: bool
    transitions: tuple[Transition, ...]
    net_buffer: Estimate
    net_probability: Estimate | None
    unseen: Unseen
    grid: Grid
    reference: int
    resampled: bool
    offset_px: tuple[float, float] | None
    block_m: float

    @property
    def seen_km2(self) -> float:
        """Ground that both runs saw."""
        return sum(transition.area_km2 for transition in self.transitions)

    @property
    def ice_before_km2(self) -> float:
        """Ice of the first run on the common ground."""
        return self._sum(was_ice=True)

    @property
    def ice_after_km2(self) -> float:
        """Ice of the second run on the common ground."""
        return self._sum(is_ice=True)

    @property
    def net_km2(self) -> float:
        """Net change of ice, as mapped."""
        return self.gain_km2 - self.loss_km2

    @property
    def gain_km2(self) -> float:
        """Ice where there was none."""
        return self._sum(was_ice=False, is_ice=True)

    @property
    def loss_km2(self) -> float:
        """Ice that is gone."""
        return self._sum(was_ice=True, is_ice=False)

    @property
    def stable_km2(self) -> float:
        """Ice that stayed ice, whatever its surface."""
        return self._sum(was_ice=True, is_ice=True)

    @property
    def interval(self) -> Estimate:
        """The net change as mapped with the larger of the two standard deviations."""
        sigma = max(
            self.net_buffer.sigma_km2, self.net_probability.sigma_km2 if self.net_probability else 0.0
        )
        return Estimate(self.net_km2, sigma)

    @property
    def significant(self) -> bool:
        """Whether the 95 % interval of the net change leaves out zero."""
        return not self.interval.low_km2 <= 0 <= self.interval.high_km2

    def transition(self, before: str, after: str) -> Transition:
        """The transition between two classes, by their keys."""
        return next(t for t in self.transitions if (t.before, t.after) == (before, after))

    def _sum(self, was_ice: bool | None = None, is_ice: bool | None = None) -> float:
        ice = {info.key: info.is_ice for info in self.classes}
        return sum(
            t.area_km2
            for t in self.transitions
            if was_ice in (None, ice[t.before]) and is_ice in (None, ice[t.after])
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs compared, by their ids. `map_bounds` is None where no web map can show the place."""

    before: str
    after: str
    change: Change
    map_bounds: MapBounds | None
    made_at: datetime
    versions: dict[str, str]
