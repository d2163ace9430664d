"""Sites: named places with their notes, glacier outlines and what every run found inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from db.filters import RunFilter
from pages.parts.cached import history
from pages.parts.ledger_view import draw_ledger
from pages.parts.places import FOLLOW, SEGMENT
from pages.parts.run_dialogs import draw_message
from pages.parts.site_dialogs import delete_site_dialog, edit_site_dialog, new_site_dialog
from pages.parts.site_outlines import draw_outlines
from pages.parts.wording import LONGEST_NAME, plain, run_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.records import RunRecord, Site

ROW_PX, MOST_ROWS = 36, 8
MOST_RUNS = 500  # newest runs of a site that are offered
SITE = "site"  # in the address


def show() -> None:
    """The page; what goes wrong is said in one sentence."""
    st.title("Sites", anchor=False)
    draw_message()
    try:
        sites = history().sites()
        if not sites:
            _show_empty()
            return
        chosen = _choose(sites)
        _offer_new()
        _show_site(chosen)
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")


def _show_empty() -> None:
    """No site yet."""
    with st.container(border=True, horizontal_alignment="center", key="empty"):
        st.markdown("### :material/location_on: No site yet", width="content")
        st.markdown(
            "A site is a glacier or a basin: its runs come together here, with its outlines. Make one "
            "now, or name it when you map a tile.",
            width="content",
        )
        with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
            _offer_new()
            st.page_link(SEGMENT, label="Map a tile", icon=":material/layers:")


def _offer_new() -> None:
    """The button that makes a site before its first run."""
    if st.button("New site", key="site_new", icon=":material/add_location_alt:"):
        new_site_dialog()


def _choose(sites: Sequence[Site]) -> Site:
    """The table of sites; the one that is selected, at first the one in the address."""
    named = st.query_params.get(SITE, "").casefold()
    first = next((at for at, site in enumerate(sites) if site.name.casefold() == named), 0)
    event = st.dataframe(
        {
            "Site": [site.name for site in sites],
            "Runs": [site.runs for site in sites],
            "Outlines": [site.outlines for site in sites],
            "Note": [site.note for site in sites],
        },
        hide_index=True,
        height=ROW_PX * (min(len(sites), MOST_ROWS) + 1) + 2,
        row_height=ROW_PX,
        on_select="rerun",
        selection_mode="single-row",
        key=f"sites-{hash(tuple(site.name for site in sites))}",  # another list: no row is chosen
        column_config={
            "Site": st.column_config.TextColumn(width=220),
            "Runs": st.column_config.NumberColumn(width=80),
            "Outlines": st.column_config.NumberColumn(width=90),
        },
        alt="Sites by name",
    )
    rows = [row for row in event.selection.rows if row < len(sites)]
    chosen = sites[rows[0] if rows else first]
    if rows:
        st.query_params[SITE] = chosen.name
    return chosen


def _show_site(site: Site) -> None:
    """One site: what is said about it, its outlines, its ledger."""
    runs = history().list_runs(RunFilter(site=site.name), limit=MOST_RUNS)
    st.header(plain(site.name, LONGEST_NAME), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(f"{site.runs:,} run{'s' if site.runs != 1 else ''}", icon=":material/map:")
        st.badge(
            f"{site.outlines:,} outline{'s' if site.outlines != 1 else ''}",
            icon=":material/polyline:",
            color="green" if site.outlines else "gray",
        )
        st.space("stretch")
        if st.button("Edit", key="site_edit", icon=":material/edit:", help="Name and note of the site."):
            edit_site_dialog(site)
        if st.button("Delete", key="site_delete", icon=":material/delete:", help="Its runs stay."):
            delete_site_dialog(site)
        if site.runs:
            st.page_link(FOLLOW, label="Follow", icon=":material/timeline:", query_params={"site": site.name})
        elif st.button("Map a tile of it", key="site_map", icon=":material/layers:", type="primary"):
            st.session_state["run_site"] = site.name  # the box that asks for the site of a run
            st.switch_page(SEGMENT)
    if site.note:
        st.markdown(plain(site.note))
    draw_outlines(site, runs)
    if site.outlines:
        _show_ledger(runs)


def _show_ledger(runs: Sequence[RunRecord]) -> None:
    """What one run of the site found inside each outline."""
    st.subheader("Inside the outlines", anchor=False)
    if not runs:
        st.info("No run of this site yet, so nothing is known inside its outlines.", icon=":material/info:")
        return
    by_id = {record.id: record for record in runs}
    run_id = st.selectbox(
        "Run", list(by_id), format_func=lambda chosen: run_label(by_id[chosen]), key="ledger_run"
    )
    draw_ledger(history().get_run(str(run_id)))


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
