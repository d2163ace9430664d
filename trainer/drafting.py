"""Drafts of cards: what is known of weights before they are scored."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from core.models import model_spec
from core.networks.cards import DataSource
from core.networks.catalogue import architecture_of
from core.networks.weights import Card, Split
from core.runs import utc_now
from core.tiles.bands import LABELS
from core.types import BANDS
from trainer.configuration import Origin, settings_of
from trainer.labels import GLACIER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ModelSpec
    from core.networks.weights import Normalisation
    from trainer.configuration import Configuration
    from trainer.datasets import LabelledTile
    from trainer.fitting import Materials

UNKNOWN_KIND = "glacier of unknown kind"
UNTAUGHT_STD = 1e9  # of a band that no tile had: a network that never saw it gets its mean whatever it holds

_log = logging.getLogger(__name__)


def draft_card(
    materials: Materials,
    configuration: Configuration,
    parts: tuple[Sequence[LabelledTile], Sequence[LabelledTile]],
    constants: Normalisation,
) -> Card:
    """The card of a training without temperature, scores and hash. `parts`: teaching and measuring tiles."""
    spec = model_spec(configuration.model)
    teaching, measuring = parts
    data = _data(parts, materials.tests, configuration)
    init = materials.init
    return Card(
        model=spec.key,
        architecture=architecture_of(spec),
        bands=BANDS,
        means=tuple(constants.means),
        stds=tuple(constants.stds),
        threshold=0.5 if spec.has_threshold else None,
        temperature=1.0,
        status=configuration.status,
        trained_on=f"{_described(data, spec)}. {configuration.places}".strip(),
        split=Split(
            configuration.split.kind,
            _names(teaching),
            _names(measuring),
            _names(materials.tests),
            configuration.split.folds,
            configuration.split.fold,
        ),
        scores=(),
        limits=configuration.limits,
        reproduce=materials.command,
        created_on=utc_now(),
        settings=settings_of(configuration),
        data=data,
        failures=configuration.failures,
        ablation=materials.ablation,
        started_from=init.card.sha256 if init else "",
    )


def untaught(constants: Normalisation) -> str:
    """What card and warning say of bands that no teaching tile had; empty without any."""
    mute = [
        LABELS[band].lower() for band, std in zip(BANDS, constants.stds, strict=True) if std >= UNTAUGHT_STD
    ]
    if not mute:
        return ""
    named = " and ".join(mute)
    told = f"No tile that taught had {named}, so {'it is' if len(mute) == 1 else 'they are'} not looked at."
    _log.warning("%s Tiles that have all bands teach more.", told)
    return told


def _names(tiles: Sequence[LabelledTile]) -> tuple[str, ...]:
    return tuple(f"{tile.source}/{tile.name}" for tile in tiles)


def _data(
    parts: tuple[Sequence[LabelledTile], Sequence[LabelledTile]],
    tests: Sequence[LabelledTile],
    configuration: Configuration,
) -> tuple[DataSource, ...]:
    """Every data folder with its tiles by what they did, and the labels that taught."""
    spec = model_spec(configuration.model)
    teaching, measuring = parts
    found = []
    for name in sorted({tile.source for tile in (*teaching, *measuring, *tests)}):
        taught, measured, tested = (
            [tile for tile in group if tile.source == name] for group in (teaching, measuring, tests)
        )
        origin = configuration.origins.get(name, Origin("", ""))
        found.append(
            DataSource(
                name,
                len(taught),
                len(measured),
                len(tested),
                all(tile.simulated for tile in (*taught, *measured, *tested)),
                _class_px(taught, spec),
                origin.places,
                origin.licence,
            )
        )
    return tuple(found)


def _class_px(tiles: Sequence[LabelledTile], spec: ModelSpec) -> dict[str, int]:
    """Labelled valid pixels of each class that occurs."""
    names = {info.index: info.key for info in spec.classes}
    if len(names) <= GLACIER:  # no class has this number: it says that the kind is unknown
        names[GLACIER] = UNKNOWN_KIND
    counts = np.zeros(256, np.int64)
    for tile in tiles:
        counts += np.bincount(tile.labels[tile.pixels.valid], minlength=256)
    return {name: int(counts[code]) for code, name in names.items() if counts[code]}


def _described(data: Sequence[DataSource], spec: ModelSpec) -> str:
    """Tiles and labelled valid pixels of each folder that taught, in words."""
    labels = {info.key: info.label.lower() for info in spec.classes} | {UNKNOWN_KIND: UNKNOWN_KIND}
    parts = [
        f"{one.name}: {one.training_tiles} tiles, valid pixels: "
        + ", ".join(f"{pixels} {labels[key]}" for key, pixels in one.class_px.items())
        for one in data
        if one.training_tiles
    ]
    return "; ".join(parts)
