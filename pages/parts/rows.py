"""A two-column table of facts, whose values may hold text of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.wording import plain

if TYPE_CHECKING:
    from collections.abc import Mapping


# Hashes and commands have no place to break at: a narrow card would cut them off.
_WRAP = """<style>
[data-testid="stTable"] td:last-child, [data-testid="stTable"] td:last-child * {
  overflow-wrap: anywhere; white-space: normal; }
</style>"""


def draw_rows(rows: Mapping[str, str]) -> None:
    """One line a fact: its name, its value."""
    st.html(_WRAP)
    st.table(
        {"Fact": [f"**{plain(name)}**" for name in rows], "Value": [plain(value) for value in rows.values()]},
        hide_index=True,
        hide_header=True,
        border="horizontal",
    )
