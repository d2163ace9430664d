"""The outlines of a site: on the map, drawn there or handed in as a file, checked before they are saved."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError, OutlineCrsError, OutlineError
from core.outlines.opening import MOST_BYTES
from core.outlines.outline import OutlineSet
from core.outlines.placing import placed_near
from core.outlines.reading import drawn_outlines, read_outlines
from core.present.maps import MapPicture
from core.present.outline_layers import undrawn_words
from core.present.site_maps import site_map
from core.runs import MapBounds
from pages.parts.cached import history
from pages.parts.findings import OF_OUTLINES, draw_findings
from pages.parts.map_view import draw_drawing_map
from pages.parts.run_dialogs import MESSAGE
from pages.parts.run_files import MEDIA, composite_pictures
from pages.parts.site_dialogs import remove_outlines_dialog
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.records import RunRecord, Site, StoredRun

SUFFIXES = ("geojson", "json", "gpkg", "zip")
SAVED = "outlines-saved"  # how often, in this session
MOST_LOOKED_AT = 20  # newest runs whose place on the map is looked for
MAP_PX = 520


def draw_outlines(site: Site, runs: Sequence[RunRecord]) -> None:
    """The map with what is saved, and the ways to hand in others."""
    st.subheader("Outlines", anchor=False)
    stored = [history().get_run(record.id) for record in runs[:MOST_LOOKED_AT]]
    placed = [run for run in stored if run.run.map_bounds is not None]
    saved = history().outlines(site.name) if site.outlines else None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        drawings = _draw_map(site, placed, saved)
    with right:
        if saved is not None:
            _draw_saved(site, saved)
        bounds = [run.run.map_bounds for run in placed if run.run.map_bounds is not None]
        _ask_for_file(site, bounds)
        if drawings:
            _offer_drawing(site, drawings, bounds)


def _draw_map(site: Site, placed: Sequence[StoredRun], saved: OutlineSet | None) -> list[dict[str, object]]:
    """The site on the map; what is drawn on it."""
    newest = placed[0] if placed else None
    bounds = newest.run.map_bounds if newest else saved.bounds if saved else None
    if bounds is None:
        st.info(
            "There is no map yet, because no run of this site has a place on earth. Hand in outlines as "
            "a file now, or map a georeferenced tile first and draw them on its picture.",
            icon=":material/location_off:",
        )
        return []
    shown = site_map(
        _newest_picture(newest), bounds, saved, drawing=True, dark=st.context.theme.type == "dark"
    )
    drawings = draw_drawing_map(
        shown, key=f"site-map-{site.name}-{saved.sha256 if saved else ''}", height_px=MAP_PX
    )
    what = "The newest run of the site." if newest else "No run of this site yet: its outlines alone."
    st.caption(
        f"{what} Draw around a glacier with the polygon tool at the left: click each corner, then the first "
        "one again."
    )
    undrawn = undrawn_words(saved)
    if undrawn:
        st.caption(undrawn)
    return drawings


def _newest_picture(stored: StoredRun | None) -> MapPicture | None:
    """The first composite of a run."""
    if stored is None:
        return None
    for title, path in composite_pictures(stored).items():
        return MapPicture(title, path.read_bytes(), MEDIA[path.suffix])
    return None


def _draw_saved(site: Site, saved: OutlineSet) -> None:
    """What is saved now."""
    with_id = sum(outline.id is not None for outline in saved.outlines)
    st.markdown(
        f"**{len(saved):,} outline{'s' if len(saved) != 1 else ''}** · "
        f"{plain(saved.origin, LONGEST_NAME)} · {with_id:,} with an id"
    )
    if st.button("Remove", key="outlines_remove", icon=":material/delete:"):
        remove_outlines_dialog(site)


def _ask_for_file(site: Site, bounds: Sequence[MapBounds]) -> None:
    """A file of outlines, looked at before it is saved."""
    handed = st.file_uploader(
        "Outlines as a file",
        type=list(SUFFIXES),
        key=f"outlines-file-{st.session_state.get(SAVED, 0)}-{site.name}",
        max_upload_size=MOST_BYTES // 10**6,
        help="GeoJSON, GeoPackage, or a ZIP with one shapefile, such as the Randolph Glacier Inventory 6 or "
        "7. Ids, names and dates are carried over.",
    )
    if handed is None:
        return
    epsg = st.session_state.get("outlines_epsg")
    try:
        found = _read(handed.getvalue(), handed.name, int(epsg) if epsg else None)
    except OutlineCrsError as error:
        st.error(plain(str(error)), icon=":material/public_off:")
        _ask_for_crs()
        return
    except OutlineError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    if epsg:
        _ask_for_crs()
    only_near = bool(bounds and len(found) > 1) and st.checkbox(
        "Only outlines that touch a run of this site",
        value=True,
        key="outlines_near",
        help="Leave this on for the file of a whole region.",
    )
    _offer(site, found, bounds, only_near=only_near)


def _ask_for_crs() -> None:
    """The code of the CRS that the file does not name."""
    st.number_input(
        "EPSG code of the file",
        min_value=1024,
        max_value=999_999,
        value=None,
        step=1,
        key="outlines_epsg",
        placeholder="4326 for degrees, 32643 for UTM zone 43 north",
    )


def _read(content: bytes, name: str, epsg: int | None) -> OutlineSet:
    """The outlines of an upload; the copy is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="firnline-") as folder:
        path = Path(folder) / "handed"  # the user's name never becomes part of a path
        path.write_bytes(content)
        return read_outlines(path, name, epsg)


def _offer_drawing(site: Site, drawings: list[dict[str, object]], bounds: Sequence[MapBounds]) -> None:
    """Save what was drawn."""
    try:
        found = drawn_outlines(drawings)
    except OutlineError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    _offer(site, found, bounds, only_near=False)


def _offer(site: Site, found: OutlineSet, bounds: Sequence[MapBounds], *, only_near: bool) -> None:
    """What was found, what is to be known about it, and the button that saves it."""
    try:
        kept = placed_near(found, bounds, only_near=only_near)
    except OutlineError as error:
        st.error(plain(str(error)), icon=":material/wrong_location:")
        return
    st.markdown(
        f"**{len(kept):,}** of {len(found):,} "
        f"outline{'s' if len(found) != 1 else ''} · {plain(found.origin, LONGEST_NAME)}"
    )
    draw_findings(kept.findings, sound="The outlines were read without a remark.", titles=OF_OUTLINES)
    words = "Save instead of the present outlines" if site.outlines else "Save as the site's outlines"
    if st.button(
        words, type="primary", key=f"outlines_save_{found.outlines[0].source}", icon=":material/save:"
    ):
        try:
            history().set_outlines(site.name, kept)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.session_state[SAVED] = st.session_state.get(SAVED, 0) + 1  # another key: the file is put away
        st.session_state[MESSAGE] = f"{_outlines(len(kept))} {'was' if len(kept) == 1 else 'were'} saved."
        st.rerun()


def _outlines(count: int) -> str:
    return f"{count:,} outline{'s' if count != 1 else ''}"
