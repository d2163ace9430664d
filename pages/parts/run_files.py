"""The stored files of a run as the pages need them: pictures for the map, notes on previews, downloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.checks import Rule
from core.errors import HistoryError
from core.present.composites import COMPOSITES
from core.present.facts import PreviewFacts, facts_from_json
from core.present.maps import ExtraLayer, MapPicture, RunLayers
from core.present.verdicts import RULE_TITLES, cloud_rows, rule_rows, spread_rows

if TYPE_CHECKING:
    from pathlib import Path

    from core.present.legend import Ramp, Swatch
    from db.records import StoredRun

CLASSES_MAP, CONFIDENCE_MAP = "classes-map", "confidence-map"
CLOUD_MAP, SPREAD_MAP = "cloud-map", "spread-map"
MEDIA = {".webp": "image/webp", ".png": "image/png"}


def stored_file(stored: StoredRun, kind: str) -> Path:
    """The file of an artifact.

    Raises:
        HistoryError: the run has none, or it is gone from the disk.
    """
    path = stored.path(kind)
    if path is None or not path.is_file():
        name = path.name if path else kind
        raise HistoryError(
            f"{name} of this run is not in the data folder; it was removed or never written. Put the folder "
            f"{stored.folder.name} back from a backup, or run the tile again."
        )
    return path


def composite_pictures(stored: StoredRun) -> dict[str, Path]:
    """The composites that were saved, by their title, in the order of `COMPOSITES`."""
    paths = {composite.title: stored.path(composite.kind) for composite in COMPOSITES}
    return {title: path for title, path in paths.items() if path is not None and path.is_file()}


@dataclass(frozen=True, slots=True)
class ExtraPicture:
    """A saved map beyond classes and confidence, with its legend."""

    title: str
    path: Path
    rows: tuple[Swatch | Ramp, ...]


def extra_pictures(stored: StoredRun) -> list[ExtraPicture]:
    """The maps of rules, of cloud and of spread that were saved."""
    told: list[tuple[str, str, tuple[Swatch | Ramp, ...]]] = [
        (f"{RULE_TITLES[rule]} check", f"{rule}-map", rule_rows(rule)) for rule in Rule
    ]
    told += [("Cloud check", CLOUD_MAP, cloud_rows()), ("Spread of eight views", SPREAD_MAP, spread_rows())]
    found = ((title, stored.path(kind), rows) for title, kind, rows in told)
    return [ExtraPicture(title, path, rows) for title, path, rows in found if path and path.is_file()]


def preview_facts(stored: StoredRun) -> PreviewFacts:
    """What the previews were drawn with.

    Raises:
        HistoryError: the notes are gone.
        ExportError: they cannot be read.
    """
    return facts_from_json(stored_file(stored, "previews").read_bytes())


def map_layers(stored: StoredRun) -> RunLayers | None:
    """The run's pictures as map layers; None for a run without a place on the map.

    Raises:
        HistoryError: the class map is gone from the disk.
    """
    bounds = stored.run.map_bounds
    if bounds is None:
        return None
    bases = (_picture(title, path) for title, path in composite_pictures(stored).items())
    classes = _picture("Class map", stored_file(stored, CLASSES_MAP))
    confidence = stored.path(CONFIDENCE_MAP)
    sure = _picture("Confidence", confidence) if confidence and confidence.is_file() else None
    extras = (ExtraLayer(_picture(extra.title, extra.path), extra.rows) for extra in extra_pictures(stored))
    return RunLayers(bounds, tuple(bases), classes, sure, tuple(extras))


def picture_url(path: Path) -> str:
    """A picture as the page can show it as it is; given a WebP file, Streamlit makes a PNG at every draw."""
    return _picture("", path).data_url


def _picture(title: str, path: Path) -> MapPicture:
    """A file as a picture of the map."""
    return MapPicture(title, path.read_bytes(), MEDIA[path.suffix])
