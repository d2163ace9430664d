"""Where a run's numbers come from: parameters, hashes, input, software, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.present.quantities import format_area, format_bytes, format_count, format_share
from core.tiles.bands import LABELS
from core.tiles.radiometry import TITLES
from core.types import BANDS
from pages.parts.rows import draw_rows
from pages.parts.wording import decision_words, grid_words, minimum_words

if TYPE_CHECKING:
    from core.models import ModelSpec
    from db.records import StoredRun


def draw_provenance(stored: StoredRun, spec: ModelSpec) -> None:
    """Everything needed to trace or repeat the run, folded away."""
    with st.expander("Where these numbers come from", icon=":material/fingerprint:"):
        left, right = st.columns(2, gap="large")
        with left:
            st.markdown("**Analysis**")
            draw_rows(_analysis_rows(stored, spec))
            st.markdown("**Areas**")
            _draw_areas(stored)
        with right:
            st.markdown("**Input**")
            draw_rows(_input_rows(stored))
            st.markdown("**Software**")
            draw_rows(dict(stored.run.versions))
        st.markdown("**Files**")
        _draw_files(stored)


def _analysis_rows(stored: StoredRun, spec: ModelSpec) -> dict[str, str]:
    run = stored.run
    rows = {
        "Run": run.id,
        "Model": spec.title,
        "Weights SHA-256": run.weights_sha256,
        "Decides for": decision_words(run, spec),
        "Smallest area": minimum_words(run),
        "Views": "eight orientations" if run.options.symmetries else "one",
        "Finished": f"{run.finished_at:%Y-%m-%d %H:%M:%S} UTC",
        "Valid ground": f"{format_share(run.valid_share)} of {format_count(run.total_px)} px",
    }
    if run.valid_area_km2 is not None:
        rows["Valid area"] = format_area(run.valid_area_km2)
    if run.options.pixel_m is not None:
        rows["Stated pixel size"] = f"{run.options.pixel_m:g} m"
    return rows


def _input_rows(stored: StoredRun) -> dict[str, str]:
    tile = stored.run.tile
    rows = {
        "Tile": tile.name,
        "Content SHA-256": tile.sha256,
        "Grid": grid_words(tile.grid),
        "Units": TITLES[tile.radiometry.kind] + (" (your choice)" if tile.radiometry.chosen_by_user else ""),
        "Evidence": tile.radiometry.evidence,
        "Kept": _kept_words(stored),
    }
    return rows | {LABELS[band]: tile.bands[band] for band in BANDS if band in tile.bands}


def _kept_words(stored: StoredRun) -> str:
    """Whether the input can be read again, and from where."""
    if stored.input_kept:
        return "a copy is in the archive"
    if stored.input_place is None:
        return "hash only"
    return f"hash and place: {stored.input_place.parent}" + ("" if stored.input_there else " (not there now)")


def _draw_areas(stored: StoredRun) -> None:
    st.dataframe(
        {
            "Class": [area.label for area in stored.run.areas],
            "Area (km²)": [area.area_km2 for area in stored.run.areas],
            "Share (%)": [100 * area.share for area in stored.run.areas],
            "Pixels": [area.pixels for area in stored.run.areas],
            "Removed (px)": [area.removed_px for area in stored.run.areas],
        },
        hide_index=True,
        column_config={
            "Area (km²)": st.column_config.NumberColumn(format="%.4f"),
            "Share (%)": st.column_config.NumberColumn(format="%.2f"),
            "Removed (px)": st.column_config.NumberColumn(
                help="Pixels of the class in patches below the smallest area, given to what surrounds them."
            ),
        },
        key=f"areas-table-{stored.run.id}",
        alt="Area, share and pixels of each class",
    )


def _draw_files(stored: StoredRun) -> None:
    artifacts = stored.run.artifacts
    st.dataframe(
        {
            "File": [artifact.name for artifact in artifacts],
            "What": [artifact.kind for artifact in artifacts],
            "Size": [format_bytes(artifact.size_bytes) for artifact in artifacts],
            "SHA-256": [artifact.sha256 for artifact in artifacts],
        },
        hide_index=True,
        key=f"files-{stored.run.id}",
        alt="The run's files with their hashes",
    )
