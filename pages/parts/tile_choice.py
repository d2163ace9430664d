"""The tiles of an upload: a list with the verdict of the input check, what was left over, bands by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.tiles.bands import LABELS
from core.tiles.files import Stated
from core.tiles.grouping import assign_bands
from core.tiles.naming import parse_name
from core.types import BANDS, BandName, Severity
from pages.parts.cached import CheckedTile, checked_tile
from pages.parts.hand_in import STATED, by_hand, kept_grouping
from pages.parts.wording import grid_words, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.tiles.grouping import TileFiles, Unplaced
    from pages.parts.uploads import HandIn

NO_BAND = "not there"
MOST_LISTED, LIST_PX = 6, 300  # more files than this scroll within so much height
READY, FLAGGED, REFUSED = "Ready", "Flagged", "Cannot run"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tile of the upload and what the input check says; `problem` where it cannot even be opened."""

    files: TileFiles
    stated: Stated
    checked: CheckedTile | None
    problem: str | None

    @property
    def name(self) -> str:
        """The tile's name."""
        return self.files.name

    @property
    def runnable(self) -> bool:
        """Whether a run is allowed."""
        return self.checked is not None and self.checked.runnable

    @property
    def verdict(self) -> str:
        """The input check in two words."""
        if not self.runnable or self.checked is None:
            return REFUSED
        flagged = any(finding.severity is Severity.WARNING for finding in self.checked.findings)
        return FLAGGED if flagged else READY


def candidates(taken: HandIn) -> list[Candidate]:
    """Every tile of the upload with its input check."""
    tiles = {tile.name: tile for tile in kept_grouping().tiles} | by_hand()
    return [_check(taken, files) for files in tiles.values()]


def choose_tiles(found: list[Candidate]) -> tuple[Candidate, list[Candidate]]:
    """The tile to look at, and those to run; with one tile there is nothing to ask."""
    runnable = [each for each in found if each.runnable]
    if len(found) == 1:
        return found[0], runnable
    names = [each.name for each in found]
    st.dataframe(
        {
            "Tile": names,
            "Check": [each.verdict for each in found],
            "Bands": [", ".join(each.files.bands) for each in found],
            "Acquired": [each.checked.acquired_on if each.checked else None for each in found],
            "Size": [grid_words(each.checked.grid) if each.checked else "" for each in found],
        },
        hide_index=True,
        height=min(36 * (len(found) + 1) + 2, 300),
        key="tiles",
        alt="The tiles that were put together from the files",
    )
    left, right = st.columns(2)
    with left:
        chosen = st.multiselect(
            "Tiles to run",
            [each.name for each in runnable],
            default=[each.name for each in runnable],
            key="tiles_to_run",
            help="Each becomes a job of its own, with the same model and options.",
        )
    with right:
        shown = st.selectbox(
            "Tile to look at", names, key="tile_shown", help="The check below is this tile's."
        )
    return next(each for each in found if each.name == shown), [e for e in runnable if e.name in chosen]


def state(name: str, stated: Stated) -> None:
    """Remember what the user says about a tile."""
    st.session_state.setdefault(STATED, {})[name] = stated


def draw_left_over() -> None:
    """The files that belong to no tile, each with its reason."""
    grouping = kept_grouping()
    if grouping.unplaced:
        count = len(grouping.unplaced)
        title = f"{count} file{'s' if count != 1 else ''} could not be placed"
        with st.expander(title, icon=":material/help:", expanded=not grouping.tiles and not by_hand()):
            st.table(
                {
                    "File": [plain(left.name) for left in grouping.unplaced],
                    "Why": [plain(left.reason) for left in grouping.unplaced],
                },
                hide_index=True,
                border="horizontal",
                height="content" if count <= MOST_LISTED else LIST_PX,
                alt="Files that belong to no tile, with the reason",
            )


@st.dialog("Assign bands by hand", width="medium", icon=":material/edit:")
def assign_dialog(taken: HandIn) -> None:
    """One choice a band among all layers of all files."""
    grouping = kept_grouping()
    layers = _layers(grouping.unplaced, grouping.tiles)
    if not layers:
        st.info("None of the files can be read, so there is no layer to choose.", icon=":material/info:")
        return
    st.caption("Choose which layer is which band. Leave out what the tile does not have.")
    with st.form("assignment", border=False):
        name = st.text_input("Name of the tile", value="Tile by hand", max_chars=120, key="assign_name")
        chosen: dict[BandName, tuple[Path, int]] = {}
        for band in BANDS:
            layer = st.selectbox(LABELS[band], [NO_BAND, *layers], key=f"assign_{band}")
            if layer in layers:
                chosen[band] = layers[layer]
        if st.form_submit_button("Make a tile of these bands", icon=":material/layers:"):
            _make_by_hand(taken, name.strip() or "Tile by hand", chosen)


def _make_by_hand(taken: HandIn, name: str, chosen: dict[BandName, tuple[Path, int]]) -> None:
    """Keep the tile, or say what is wrong with the choice."""
    names = {path: own for own, path in taken.files.items()}
    try:
        tile = assign_bands(name, chosen)
    except FirnlineError as error:
        message = str(error)
        for path, own in names.items():
            message = message.replace(path.name, own)
        st.error(plain(message), icon=":material/block:")
        return
    facts = [parse_name(names[path]) for path, _ in chosen.values()]
    by_hand()[name] = replace(
        tile,
        bands={band: replace(file, name=names[file.path]) for band, file in tile.bands.items()},
        sensor=tile.sensor or next((f.sensor for f in facts if f.sensor), None),
        acquired_on=tile.acquired_on or next((f.acquired_on for f in facts if f.acquired_on), None),
    )
    st.rerun()


def _layers(unplaced: Sequence[Unplaced], tiles: Sequence[TileFiles]) -> dict[str, tuple[Path, int]]:
    """Every layer that may be assigned, by the words that name it."""
    layers = {}
    for left in unplaced:
        for index in range(1, left.count + 1):
            words = f"{left.name}, band {index}" if left.count > 1 else left.name
            layers[words] = (left.path, index)
    for tile in tiles:
        for file in tile.bands.values():
            layers.setdefault(f"{file.label}, band {file.index}", (file.path, file.index))
    return layers


def _check(taken: HandIn, files: TileFiles) -> Candidate:
    """The tile with the input check's result, or why it cannot be opened."""
    stated = st.session_state.get(STATED, {}).get(files.name, Stated())
    bands = repr([(band, str(file.path), file.index) for band, file in files.bands.items()])
    try:
        return Candidate(files, stated, checked_tile(taken.id, files, bands, stated), None)
    except FirnlineError as error:
        return Candidate(files, stated, None, str(error))
