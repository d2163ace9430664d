"""The errors of areas: three estimates of how sure each one is, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from core.measure.buffers import BufferStrips
from core.measure.expectations import SEED, ExpectationStrips
from core.measure.groups import class_groups
from core.networks.cards import error_factors
from core.runs import NORMAL_95, AreaError, ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from core.measure.areas import Counts
    from core.models import ModelSpec
    from core.networks.cards import Card

M2_PER_KM2 = 1e6
STUDENT_95 = 2.364624  # the same where the deviation comes from eight values (Student's t, 7 degrees)
INTERVAL_95 = (2.5, 97.5)  # percentiles


@dataclass(frozen=True, slots=True)
class Trust:
    """What a model's card says about its probabilities.

    `calibration_error`: how far confidence and accuracy are apart on average, 0..1. `factors`: group key ->
    by how much the interval must be widened so that it holds the truth in 95 of 100 tiles; 1 where unknown.
    """

    calibration_error: float = 0.0
    factors: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, card: Card) -> Self:
        """The largest calibration error among the card's scores, and its factors."""
        told = [score.calibration_error for score in card.scores if score.calibration_error is not None]
        return cls(max(told, default=0.0), error_factors(card))


@dataclass(slots=True, eq=False)
class ErrorStrips:
    """Gathers what the errors need, strip by strip from the top of the tile to its bottom."""

    spec: ModelSpec
    _buffers: BufferStrips = field(init=False)
    _expectations: ExpectationStrips = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no strip."""
        self._buffers, self._expectations = BufferStrips(self.spec), ExpectationStrips(self.spec)

    def add(
        self, classes: NDArray[np.uint8], levels: NDArray[np.uint8], areas_m2: NDArray[np.float64]
    ) -> None:
        """Add the next strip: classes (h, w), levels of the foreground classes (bands, h, w), pixel areas."""
        self._buffers.add(classes, areas_m2)
        self._expectations.add(levels, areas_m2)

    def finish(self, counts: Counts, trust: Trust, views: Sequence[Counts] = ()) -> tuple[AreaError, ...]:
        """The errors of every group's area, group by group.

        `counts`: what the whole tile's class map counts. `views`: the same for each orientation, where the
        tile was looked at in eight. Empty where areas are unknown.
        """
        if counts.areas_m2 is None:
            return ()
        return tuple(self._errors(counts, trust, views))

    def _errors(self, counts: Counts, trust: Trust, views: Sequence[Counts]) -> Iterator[AreaError]:
        valid_m2 = sum(counts.areas_m2 or ())
        # One bias for all groups: it is the model that is too sure or too shy.
        bias = np.random.default_rng(SEED).standard_normal(self._expectations.replicates_m2.shape[1])
        for number, group in enumerate(class_groups(self.spec)):
            mapped = group.total(counts.areas_m2 or ())
            limit = _Limit(group.key, valid_m2)
            yield limit.around(ErrorKind.BUFFER, mapped, float(self._buffers.buffers_m2[number]), NORMAL_95)
            yield limit.of_replicates(
                float(self._expectations.expected_m2[number]),
                self._expectations.replicates_m2[number] + bias * trust.calibration_error * mapped,
                trust.factors.get(group.key, 1.0),
            )
            if views:
                seen = [group.total(view.areas_m2 or ()) for view in views]
                yield limit.around(ErrorKind.SPREAD, mapped, float(np.std(seen, ddof=1)), STUDENT_95)


@dataclass(frozen=True, slots=True)
class _Limit:
    """Makes the errors of one group; no interval leaves the ground that was seen."""

    key: str
    valid_m2: float

    def around(self, kind: ErrorKind, area_m2: float, sigma_m2: float, width: float) -> AreaError:
        """An interval of `width` standard deviations to both sides."""
        return self._error(kind, area_m2, sigma_m2, (area_m2 - width * sigma_m2, area_m2 + width * sigma_m2))

    def of_replicates(
        self, expected_m2: float, replicates_m2: NDArray[np.float64], factor: float
    ) -> AreaError:
        """The interval that holds 95 of 100 replicates, widened by the factor."""
        widened = expected_m2 + factor * (replicates_m2 - expected_m2)
        low, high = (float(end) for end in np.percentile(widened, INTERVAL_95))
        return self._error(ErrorKind.PROBABILITY, expected_m2, float(widened.std()), (low, high))

    def _error(self, kind: ErrorKind, at_m2: float, sigma_m2: float, ends: tuple[float, float]) -> AreaError:
        low, high = (min(max(end, 0.0), self.valid_m2) / M2_PER_KM2 for end in ends)
        return AreaError(self.key, kind, at_m2 / M2_PER_KM2, sigma_m2 / M2_PER_KM2, low, high)
