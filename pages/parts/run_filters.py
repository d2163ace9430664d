"""The filters above the list of runs; they live in the address, so that a view can be shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from db.filters import RunFilter
from pages.parts.tile_check import FIRST_DAY
from pages.parts.wording import short_title

if TYPE_CHECKING:
    from datetime import date

    from db.history import History

EVERY = "All"
CHOICE_PX, DAY_PX, SEARCH_PX = 150, 150, 190  # two stand beside each other on a telephone


def ask_filter(store: History) -> RunFilter:
    """Draw the filters; what they ask for."""
    with st.container(border=True, key="filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        site = st.selectbox(
            "Site",
            [EVERY, *(site.name for site in store.sites())],
            key="site",
            bind="query-params",
            width=CHOICE_PX,
        )
        model = st.selectbox(
            "Model",
            [EVERY, *store.models()],
            format_func=short_title,
            key="model",
            bind="query-params",
            width=CHOICE_PX,
        )
        acquired_from = _ask_day("Acquired from", "from")
        acquired_to = _ask_day("Acquired to", "to")
        text = st.text_input(
            "Search",
            placeholder="Tile, site or note",
            key="text",
            bind="query-params",
            width=SEARCH_PX,
            help="Runs whose tile name, site or note contains every word.",
        )
        st.button("Clear", key="clear_filters", icon=":material/filter_alt_off:", on_click=_clear)
    return RunFilter(
        site=None if site == EVERY else site,
        model=None if model == EVERY else model,
        acquired_from=acquired_from,
        acquired_to=acquired_to,
        text=text.strip(),
    )


def _ask_day(label: str, key: str) -> date | None:
    day: date | None = st.date_input(
        label,
        value=None,
        min_value=FIRST_DAY,
        max_value="today",
        format="YYYY-MM-DD",
        key=key,
        bind="query-params",
        width=DAY_PX,
        help="The day is included. Runs without an acquisition date are left out.",
    )
    return day


def _clear() -> None:
    """Back to all runs."""
    st.session_state.update({"site": EVERY, "model": EVERY, "text": "", "from": None, "to": None})
