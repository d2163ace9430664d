"""The registry of models: what each is, its classes and its colours.

A new network is a file in `core.networks` and an entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import ModelError

Activation = Literal["sigmoid", "softmax"]

CLEAN_ICE_COLOUR = "#0072B2"  # Okabe & Ito (2008), distinguishable by colour-blind readers
DEBRIS_COLOUR = "#E69F00"
WATER_COLOUR = "#CC79A7"


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class of a model.

    `colour` is None where the class is drawn transparent. `mask_value` is its value in label files on
    disk (0/255 binary, 0/85/170/255 four classes). `is_ice`: counts towards the glacier area.
    """

    index: int
    key: str
    label: str
    colour: str | None
    mask_value: int
    is_ice: bool


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a model is.

    `activation` sigmoid: one logit, the probability of class 1. softmax: one logit a class.
    `stride_px`: windows start and end on multiples of it (the network's deepest pooling).
    `halo_px`: context read around a window and thrown away. `exact_tiling`: the halo covers the whole
    receptive field, so windows give exactly what one pass gives. `core_px`: side of what one pass through the
    network decides, whole blocks of the rasters; a larger one wastes less halo and needs more memory.
    """

    key: str
    title: str
    summary: str
    classes: tuple[ClassInfo, ...]
    activation: Activation
    stride_px: int
    halo_px: int
    exact_tiling: bool
    core_px: int

    @property
    def foreground(self) -> tuple[ClassInfo, ...]:
        """Every class but the background, in legend order."""
        return tuple(c for c in self.classes if c.colour is not None)

    @property
    def has_threshold(self) -> bool:
        """Whether one probability threshold decides the class."""
        return self.activation == "sigmoid"


BINARY = ModelSpec(
    key="binary",
    title="Glacier outline (binary)",
    summary="U-Net, four levels, 32 to 512 channels: glacier or not.",
    classes=(
        ClassInfo(0, "non_glacier", "Not glacier", None, 0, is_ice=False),
        ClassInfo(1, "glacier", "Glacier", CLEAN_ICE_COLOUR, 255, is_ice=True),
    ),
    activation="sigmoid",
    stride_px=16,
    halo_px=96,  # >= receptive-field radius of the 4-level U-Net (94 px), a multiple of the stride
    exact_tiling=True,
    core_px=1280,  # 36 windows a scene of 7,700 px; larger ones gain little
)

MULTICLASS = ModelSpec(
    key="multiclass",
    title="Surface classes (four classes)",
    summary="U-Net on a ResNet-34 encoder: background, clean ice, debris-covered ice, water.",
    classes=(
        ClassInfo(0, "background", "Background", None, 0, is_ice=False),
        ClassInfo(1, "clean_ice", "Clean ice", CLEAN_ICE_COLOUR, 85, is_ice=True),
        ClassInfo(2, "debris", "Debris-covered ice", DEBRIS_COLOUR, 170, is_ice=True),
        ClassInfo(3, "water", "Water", WATER_COLOUR, 255, is_ice=False),
    ),
    activation="softmax",
    stride_px=32,
    halo_px=160,  # the field is wider than any halo one can afford; the share that differs is measured
    exact_tiling=False,
    core_px=1536,  # its halo is wide and its planes are small: 25 windows a scene of 7,700 px
)

MODELS: dict[str, ModelSpec] = {spec.key: spec for spec in (BINARY, MULTICLASS)}


def model_spec(key: str) -> ModelSpec:
    """The spec of a model.

    Raises:
        ModelError: no model has this key.
    """
    try:
        return MODELS[key]
    except KeyError:
        raise ModelError(f"There is no model '{key}'. Choose one of: {', '.join(MODELS)}.") from None
