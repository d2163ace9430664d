"""The files of a run that may be downloaded."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from core.export.archive import write_archive
from core.present.quantities import format_bytes
from pages.parts.cached import history
from pages.parts.run_outlines import draw_outline_downloads
from pages.parts.wording import download_name

if TYPE_CHECKING:
    from db.records import StoredRun

LARGE_BYTES = 20_000_000  # larger files are opened only when asked for, instead of lying in memory
RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Offer:
    """A file as it is offered."""

    kind: str
    label: str
    suffix: str
    media_type: str
    explanation: str


OFFERS = (
    Offer(
        "classes", "Classes (COG)", "classes.tif", "image/tiff",
        "Cloud Optimized GeoTIFF: the class map on the tile's own grid, with colour table; 255 is no data.",
    ),
    Offer("areas", "Areas (CSV)", "areas.csv", "text/csv", "One row a class: pixels, area, parameters."),
    Offer(
        "errors", "Errors (CSV)", "errors.csv", "text/csv",
        "One row for each area and kind of error: estimate, standard deviation, 95 % interval.",
    ),
    Offer(
        "figure", "Figure (PNG)", "figure.png", "image/png",
        "Composite and classes with legend, areas, scale and date, 18 cm wide at 300 dpi.",
    ),
    Offer(
        "probabilities", "Probabilities (COG)", "probabilities.tif", "image/tiff",
        "Cloud Optimized GeoTIFF, one band a mapped class: 0 to 250 is a probability of 0 to 1, 255 no data.",
    ),
    Offer(
        "votes", "Cross-checks (GeoTIFF)", "votes.tif", "image/tiff",
        "One bit each: model says ice (1), NDSI does (2), 0 °C or colder (4), the two are known (8, 16); "
        "255 is no data.",
    ),
    Offer(
        "spread", "Spread (GeoTIFF)", "spread.tif", "image/tiff",
        "How much the eight views differ: 0 to 250 is a standard deviation of 0 to 0.5 in the probability "
        "of the decided class; 255 is no data.",
    ),
)  # fmt: skip


def draw_downloads(stored: StoredRun) -> None:
    """A button for each file; large ones are read when they are asked for."""
    st.subheader("Downloads", anchor=False)
    row = st.container(horizontal=True, gap="small")
    for offer in OFFERS:
        path = stored.path(offer.kind)
        if path is not None and path.is_file():
            with row:
                _draw_button(stored, offer, path)
    record = stored.folder / RUN_FILE
    if record.is_file():
        with row:
            words = "Everything about this run: hashes, parameters, versions, findings, areas."
            _draw_button(stored, Offer("run", "Record (JSON)", RUN_FILE, "application/json", words), record)
    draw_outline_downloads(stored)
    _draw_archive(stored)


def _draw_button(stored: StoredRun, offer: Offer, path: Path) -> None:
    size = path.stat().st_size
    run = stored.run
    day = stored.acquired_on.isoformat() if stored.acquired_on else ""
    st.download_button(
        offer.label,
        data=partial(_open, path) if size > LARGE_BYTES else path.read_bytes(),
        file_name=download_name(run.tile.name, day, run.model, offer.suffix),
        mime=offer.media_type,
        key=f"download-{offer.kind}-{run.id}",
        icon=":material/download:",
        help=f"{offer.explanation} {format_bytes(size)}.",
        on_click="ignore",
    )


def _draw_archive(stored: StoredRun) -> None:
    """Everything in one file, with the input by choice."""
    run = stored.run
    inputs = history().input_folder(run.tile.sha256)
    row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    day = stored.acquired_on.isoformat() if stored.acquired_on else ""
    place = row.empty()
    size = sum(artifact.size_bytes for artifact in run.artifacts)
    if inputs is not None:
        input_size = sum(path.stat().st_size for path in inputs.iterdir())
        chosen = row.toggle(
            f"With its input ({format_bytes(input_size)})",
            key=f"zip-input-{run.id}",
            help="Puts the kept files of the tile into the ZIP, so that who has it can repeat the run.",
        )
        inputs, size = (inputs, size + input_size) if chosen else (None, size)
    place.download_button(
        "Everything (ZIP)",
        data=partial(_zip, stored, inputs),
        file_name=download_name(run.tile.name, day, run.model, "run.zip"),
        mime="application/zip",
        key=f"download-zip-{run.id}",
        icon=":material/folder_zip:",
        help=f"All files of the run with its record. {format_bytes(size)}. "
        "`python -m batch verify RUN.zip` checks every hash and repeats the run.",
        on_click="ignore",
    )


def _zip(stored: StoredRun, inputs: Path | None) -> bytes:
    """The run's ZIP, written to disk first: it may be large."""
    with tempfile.TemporaryDirectory(prefix="firnline-") as folder:
        path = Path(folder) / "run.zip"
        with path.open("wb") as file:
            write_archive(stored.run, stored.folder, file, inputs)
        return path.read_bytes()


def _open(path: Path) -> BinaryIO:
    """The file, opened when the browser asks for it; Streamlit closes it."""
    return path.open("rb")
