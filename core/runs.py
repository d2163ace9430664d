"""The record of one analysis: tile facts, options, areas, artifacts and where they came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from core.checks import CloudCheck, CrossChecks
from core.types import Finding, Grid

if TYPE_CHECKING:
    from core.models import ModelSpec

CARD = "card"  # among a run's versions: `deciding_numbers` of the model's card
LARGEST_PIXEL_M = 10_000.0  # that may be stated; no sensor that maps glaciers has coarser ones
MIN_AREA_KM2 = 0.01  # the inventories' smallest glacier (Paul et al. 2009)


class RadiometryKind(StrEnum):
    """How a tile's digital numbers relate to reflectance and kelvin."""

    LANDSAT_L2 = "landsat-c2-l2"  # surface reflectance and surface temperature
    LANDSAT_L1 = "landsat-c2-l1"  # top-of-atmosphere reflectance, B10 radiance
    SENTINEL2 = "sentinel2"  # reflectance x 1e4
    SENTINEL2_OFFSET = "sentinel2-offset"  # the same, offset by 1000 since baseline 04.00
    PHYSICAL = "physical"  # already reflectance and kelvin
    UNKNOWN = "unknown"  # unknown units, stretched per tile and flagged


@dataclass(frozen=True, slots=True)
class Radiometry:
    """The conversion that a tile is read with, and why it was chosen.

    `evidence` is one sentence for the user; `chosen_by_user` tells whether it overrules the detection.
    """

    kind: RadiometryKind
    evidence: str
    chosen_by_user: bool = False


@dataclass(frozen=True, slots=True)
class TileFacts:
    """What a run remembers of its tile once the files may be gone."""

    name: str
    sha256: str
    grid: Grid
    bands: dict[str, str]  # band -> "file name:index"
    radiometry: Radiometry
    sensor: str | None
    acquired_on: date | None


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may choose for an analysis.

    `threshold`: None takes the card's. `min_area_km2`: components smaller than this merge into what
    surrounds them; 0 keeps all. `pixel_m`: the user's stated pixel size for a tile without CRS.
    `symmetries`: look at the tile in its eight orientations; the mean decides, the spread is kept.
    """

    threshold: float | None = None
    min_area_km2: float = MIN_AREA_KM2
    pixel_m: float | None = None
    symmetries: bool = False

    def used_by(self, spec: ModelSpec) -> Options:
        """What a model goes by: without a threshold where it takes the most probable class.

        What changes nothing must be no part of a question: it would make another result of an equal one.
        """
        return self if spec.has_threshold else replace(self, threshold=None)


@dataclass(frozen=True, slots=True)
class ClassArea:
    """Area of one class.

    `area_km2` is None where the tile has neither CRS nor stated pixel size. `share` is the share of the
    valid ground (of valid pixels where there is no area), 0..1. `removed_px`: pixels of this class
    that the minimum mapping unit gave away.
    """

    index: int
    key: str
    label: str
    pixels: int
    area_km2: float | None
    share: float
    removed_px: int = 0


class ErrorKind(StrEnum):
    """How the error of an area was estimated."""

    BUFFER = "buffer"  # half a pixel along the outline
    PROBABILITY = "probability"  # what the calibrated probabilities leave open
    SPREAD = "spread"  # the eight orientations against each other


NORMAL_95 = 1.959964  # standard deviations that hold 95 of 100 normal errors on both sides
ALL_ICE = "ice"  # stands for a class key where all classes that are ice are taken together


@dataclass(frozen=True, slots=True)
class AreaError:
    """How sure one area is, estimated in one way.

    `class_key` is a class of the model, or `ALL_ICE`. `sigma_km2` is one standard deviation; the interval
    from `low_km2` to `high_km2` is meant to hold the true area in 95 of 100 cases. `estimate_km2` is the area
    that the kind itself gives: the mapped one, but for `PROBABILITY` the expected one.
    """

    class_key: str
    kind: ErrorKind
    estimate_km2: float
    sigma_km2: float
    low_km2: float
    high_km2: float

    @property
    def reach_km2(self) -> float:
        """Half the width of a 95 % interval that neither zero nor the edge of what was seen cuts off."""
        return NORMAL_95 * self.sigma_km2


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a run's folder. `kind` names its role (`classes`, `areas`, `composite-swir`)."""

    kind: str
    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MapBounds:
    """Where the run's previews lie on a map, in degrees (WGS 84)."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class OutlineCut:
    """Where the outline of the ice was cut off instead of seen: shares of its length, 0..1.

    `edge_share` runs along the tile's edge, `no_data_share` along pixels without data.
    """

    edge_share: float
    no_data_share: float


@dataclass(frozen=True, slots=True)
class RunKey:
    """What makes two runs answers to the same question: content, its units, model, weights and options.

    `card`: `deciding_numbers` of the model's card; None for runs from before they were recorded.
    """

    input_sha256: str
    radiometry: RadiometryKind
    model: str
    weights_sha256: str
    options: Options
    card: str | None = None

    def answers(self, asked: RunKey) -> bool:
        """Whether a run with this key is an answer; one that does not tell its card counts as one."""
        return self == (asked if self.card else replace(asked, card=None))


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the history: tile + model + weights + parameters + areas + artifacts.

    `map_bounds` is None for a tile without CRS. `versions`: software name -> version. `errors` is empty
    where no area is known, and in runs from before errors were estimated; `checks` is None in runs from
    before these were made, `cut` in those from before it was measured and for a tile without ice.
    """

    id: str
    tile: TileFacts
    model: str
    weights_sha256: str
    options: Options
    threshold: float | None
    areas: tuple[ClassArea, ...]
    valid_px: int
    total_px: int
    valid_area_km2: float | None
    total_area_km2: float | None
    map_bounds: MapBounds | None
    findings: tuple[Finding, ...]
    artifacts: tuple[Artifact, ...]
    started_at: datetime
    finished_at: datetime
    versions: dict[str, str] = field(default_factory=dict)
    errors: tuple[AreaError, ...] = ()
    checks: CrossChecks | None = None
    cut: OutlineCut | None = None

    @property
    def key(self) -> RunKey:
        """The question that this run answers."""
        units = self.tile.radiometry.kind
        card = self.versions.get(CARD)
        return RunKey(self.tile.sha256, units, self.model, self.weights_sha256, self.options, card)

    @property
    def valid_share(self) -> float:
        """Share of the tile's pixels that carry data, 0..1."""
        return self.valid_px / self.total_px if self.total_px else 0.0

    @property
    def clouds(self) -> CloudCheck | None:
        """What the run found of cloud that the product did not mask; None where it was not looked for."""
        return self.checks.clouds if self.checks else None

    @property
    def elapsed_s(self) -> float:
        """Wall time of the analysis."""
        return (self.finished_at - self.started_at).total_seconds()

    def artifact(self, kind: str) -> Artifact | None:
        """The artifact of a kind, or None."""
        return next((a for a in self.artifacts if a.kind == kind), None)

    def error(self, class_key: str, kind: ErrorKind) -> AreaError | None:
        """The error of a class's area in one kind, or None."""
        return find_error(self.errors, class_key, kind)


def find_error(errors: tuple[AreaError, ...], class_key: str, kind: ErrorKind) -> AreaError | None:
    """The error of a class's area in one kind, or None."""
    return next((e for e in errors if e.class_key == class_key and e.kind is kind), None)


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
