"""Dialogs about a site: making one, its name and note, its outlines, or whether it is there at all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from db.sites import LONGEST_NAME as LONGEST_SITE
from pages.parts.cached import history
from pages.parts.run_dialogs import MESSAGE
from pages.parts.run_options import LONGEST_NOTE
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.records import Site


@st.dialog("New site", icon=":material/add_location_alt:")
def new_site_dialog() -> None:
    """Name and note of a site that no run belongs to yet; its outlines are handed in on its own page."""
    name = st.text_input(
        "Name",
        max_chars=LONGEST_SITE,
        key="new_site_name",
        placeholder="Drang Drung Glacier",
        help="A glacier or a basin. Choose the site when you map a tile, and the run belongs to it.",
    )
    note = st.text_area("Note", max_chars=LONGEST_NOTE, key="new_site_note")
    st.caption("Glacier outlines, if you have them, are handed in on the next page.")
    if st.button("Create", type="primary", key="new_site_create", icon=":material/check:"):
        try:
            history().create_site(name, note.strip())
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.query_params["site"] = " ".join(name.split())
        _done("The site was created.")


@st.dialog("Edit site", icon=":material/edit:")
def edit_site_dialog(site: Site) -> None:
    """Name and note; a name that another site has merges the two when that is wanted."""
    name = st.text_input("Name", value=site.name, max_chars=LONGEST_SITE, key="site_name")
    note = st.text_area("Note", value=site.note, max_chars=LONGEST_NOTE, key="site_note")
    merge = st.checkbox(
        "Merge with the site of this name, if there is one",
        key="site_merge",
        help="The runs of both come together. The outlines of the other site stay; where it has none, it "
        "takes over these.",
    )
    if st.button("Save", type="primary", key="site_save", icon=":material/save:"):
        try:
            history().edit_site_note(site.name, note.strip())
            if " ".join(name.split()) != site.name:
                history().rename_site(site.name, name, merge=merge)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        st.query_params["site"] = " ".join(name.split())
        _done("The site was changed.")


@st.dialog("Delete this site?", icon=":material/delete:")
def delete_site_dialog(site: Site) -> None:
    """Ask before a site goes with its outlines; its runs stay."""
    st.markdown(
        f"**{plain(site.name, LONGEST_NAME)}**, its note and its outlines will be deleted. "
        "Its runs stay in the history, without a site. This cannot be undone."
    )

    def delete() -> None:
        history().delete_site(site.name)
        st.query_params.clear()

    _ask("Delete", "site_delete_confirm", "site_delete_keep", delete, "The site was deleted.")


@st.dialog("Remove the outlines?", icon=":material/delete:")
def remove_outlines_dialog(site: Site) -> None:
    """Ask before a site's outlines go."""
    st.markdown(
        f"The outlines of **{plain(site.name, LONGEST_NAME)}** and the areas inside them will be removed. "
        "Runs and files stay; the outlines can be handed in again."
    )
    remove = partial(history().remove_outlines, site.name)
    _ask("Remove", "outlines_remove_confirm", "outlines_keep", remove, "The outlines were removed.")


def _ask(label: str, key: str, keep_key: str, act: Callable[[], object], done: str) -> None:
    """Two buttons: do it, which the page then tells, or keep all as it is."""
    row = st.container(horizontal=True)
    if row.button(label, type="primary", key=key, icon=":material/delete:"):
        try:
            act()
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        _done(done)
    if row.button("Keep", key=keep_key):
        st.rerun()


def _done(message: str) -> None:
    """Close the dialog; the page says what was done."""
    st.session_state[MESSAGE] = message
    st.rerun()
