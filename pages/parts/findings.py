"""How the input check's findings look on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types import Severity
from pages.parts.wording import plain, worst_first

if TYPE_CHECKING:
    from core.types import Finding

_TITLES = {
    Severity.ERROR: "Cannot run",
    Severity.WARNING: "Runs, and the result is flagged",
    Severity.NOTE: "Worth knowing",
}


def draw_findings(findings: tuple[Finding, ...], *, sound: str) -> None:
    """Every finding in its own box, the worst first; `sound` is said when there is none."""
    if not findings:
        st.success(sound, icon=":material/check_circle:")
    for finding in worst_first(findings):
        text = f"**{_TITLES[finding.severity]}.** {plain(finding.message)}"
        if finding.severity is Severity.ERROR:
            st.error(text, icon=":material/block:")
        elif finding.severity is Severity.WARNING:
            st.warning(text, icon=":material/warning:")
        else:
            st.info(text, icon=":material/info:")
