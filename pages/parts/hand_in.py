"""The first step of the Segment page: handing in files, a folder or the sample tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.errors import FirnlineError
from core.present.quantities import format_bytes
from core.tiles.grouping import group_files
from pages.parts.cached import history, job_queue
from pages.parts.uploads import SAMPLE, SUFFIXES, HandIn, drop, take_files, take_sample
from pages.parts.wording import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.tiles.grouping import Grouping, TileFiles

HAND_IN, GROUPING, BY_HAND, STATED, ROUND = "hand_in", "grouping", "by_hand", "stated", "upload_round"
FILES, FOLDER = "Files", "A whole folder"
NEEDED = """
**What makes a tile**

| Band | Landsat 8/9 | Sentinel-2 |
|---|---|---|
| Blue | B2 | B02 |
| Green | B3 | B03 |
| Red | B4 | B04 |
| Shortwave infrared 1 | B6 | B11 |
| Thermal | B10 | none |

GeoTIFF, as one file with all bands or one file a band. Several tiles at once are welcome; files are put
together by their names.
"""
PROMISES = """
:material/rule: Units, georeference and missing bands are checked before a run.
:material/lock: Everything happens on this computer; nothing is sent away.
:material/history: Every run is kept with its map, areas, parameters and hashes.
""".replace("\n:", "\n\n:")


def kept_hand_in() -> HandIn | None:
    """What was handed in during this visit, if it is still on the disk."""
    taken: HandIn | None = st.session_state.get(HAND_IN)
    if taken is not None and taken.folder is not None and not taken.folder.is_dir():
        forget()
        return None
    return taken


def kept_grouping() -> Grouping:
    """How the files that were handed in make up tiles."""
    grouping: Grouping = st.session_state[GROUPING]
    return grouping


def by_hand() -> dict[str, TileFiles]:
    """The tiles whose bands the user assigned."""
    tiles: dict[str, TileFiles] = st.session_state.setdefault(BY_HAND, {})
    return tiles


def forget() -> None:
    """Drop the copies and start anew."""
    taken: HandIn | None = st.session_state.pop(HAND_IN, None)
    if taken is not None:
        _drop_when_unused(taken)
    for key in (GROUPING, BY_HAND, STATED):
        st.session_state.pop(key, None)
    _clear_uploader()


def draw_welcome() -> None:
    """The uploader with what it wants, for a visitor who has handed in nothing yet."""
    left, right = st.columns([4, 3], gap="large")
    with left:
        draw_uploader()
        if SAMPLE.is_file():
            st.button(
                "Try the sample tile",
                key="sample",
                icon=":material/science:",
                on_click=_keep_sample,
                help="A simulated glacier landscape of 512 x 512 pixels that comes with Firnline. "
                "It shows how everything works; it is not a real place.",
            )
        st.markdown(PROMISES)
    with right.container(border=True, key="needed"):
        st.markdown(NEEDED)


def draw_uploader() -> None:
    """The uploader. Files are copied to disk as soon as they arrive, and leave memory."""
    way = st.segmented_control(
        "Hand in",
        [FILES, FOLDER],
        default=FILES,
        required=True,
        key="upload_way",
        help="A folder is searched with all folders below it; files that are no GeoTIFF are skipped.",
    )
    many: Literal["directory"] | bool = "directory" if way == FOLDER else True
    st.file_uploader(
        "GeoTIFF files" if way == FILES else "A folder with GeoTIFF files",
        type=list(SUFFIXES),
        accept_multiple_files=many,
        key=_uploader_key(str(way)),
        on_change=_keep_upload,
        args=(_uploader_key(str(way)),),
        help="Files stay on this computer. Each may be a five-band tile or a single band.",
    )
    problem = st.session_state.pop("upload_problem", None)
    if problem:
        st.error(plain(problem), icon=":material/block:")


def draw_summary(taken: HandIn, assign: Callable[[], None]) -> None:
    """What was handed in, with ways to add files, assign bands, start over; refused files with the reason."""
    row = st.container(horizontal=True, vertical_alignment="center")
    count = len(taken.files)
    words = (
        "Simulated sample tile" if taken.is_sample else f"{count} file{'s' if count != 1 else ''} handed in"
    )
    row.markdown(f":material/check_circle: **{words}** · {format_bytes(taken.size_bytes)}", width="content")
    row.space("stretch")
    if not taken.is_sample:
        with row.popover("Add files", icon=":material/add:", key="add_files"):
            draw_uploader()
        if row.button(
            "Assign bands",
            key="assign",
            icon=":material/edit:",
            help="Choose by hand which layer is which band.",
        ):
            assign()
    row.button("Start over", key="start_over", icon=":material/restart_alt:", on_click=forget)
    if taken.is_sample:
        st.caption("A made-up landscape with known truth. Its areas are no measurement of a real glacier.")
    for name, reason in taken.refused.items():
        st.warning(f"{plain(name, 80)}: {plain(reason)}", icon=":material/warning:")


def _keep_sample() -> None:
    """Put the sample tile in place of what was there."""
    forget()
    _keep(take_sample())


def _keep_upload(key: str) -> None:
    """Copy what the uploader holds to disk and empty it."""
    handed = st.session_state.get(key) or []
    if not handed:
        return
    try:
        earlier = kept_hand_in()
        _keep(take_files(handed, earlier, history().upload_folder))
    except FirnlineError as error:
        st.session_state["upload_problem"] = str(error)
    _clear_uploader()


def _keep(taken: HandIn) -> None:
    """Remember the files and how they make up tiles."""
    st.session_state[HAND_IN] = taken
    st.session_state[GROUPING] = group_files(taken.files)


def _drop_when_unused(taken: HandIn) -> None:
    """Remove the copies; after the jobs that may still need them, as the worker takes one by one."""
    queue = job_queue()
    if all(view.state.finished for view in queue.views()):
        drop(taken)
    else:
        queue.submit("Remove uploaded files", lambda _on_progress: drop(taken))


def _clear_uploader() -> None:
    """Give the uploader a new key, so that it forgets its files."""
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _uploader_key(way: str) -> str:
    return f"upload-{way}-{st.session_state.get(ROUND, 0)}"
