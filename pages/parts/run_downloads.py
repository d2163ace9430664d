"""The files of a run that may be downloaded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import streamlit as st

from core.present.quantities import format_bytes
from pages.parts.run_outlines import draw_outline_downloads
from pages.parts.wording import download_name

if TYPE_CHECKING:
    from pathlib import Path

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


def _open(path: Path) -> BinaryIO:
    """The file, opened when the browser asks for it; Streamlit closes it."""
    return path.open("rb")
