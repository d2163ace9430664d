"""How findings of a check look on a page, be it of a tile or of outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types import Severity
from pages.parts.wording import plain, worst_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.types import Finding

OF_TILE = {
    Severity.ERROR: "Cannot run",
    Severity.WARNING: "Runs, and the result is flagged",
    Severity.NOTE: "Worth knowing",
}
OF_OUTLINES = {
    Severity.ERROR: "Cannot be saved",
    Severity.WARNING: "Look before you save",
    Severity.NOTE: "Worth knowing",
}


def draw_findings(
    findings: tuple[Finding, ...], *, sound: str, titles: Mapping[Severity, str] = OF_TILE
) -> None:
    """Every finding in its own box, the worst first; `sound` is said when there is none."""
    if not findings:
        st.success(sound, icon=":material/check_circle:")
    for finding in worst_first(findings):
        text = f"**{titles[finding.severity]}.** {plain(finding.message)}"
        if finding.severity is Severity.ERROR:
            st.error(text, icon=":material/block:")
        elif finding.severity is Severity.WARNING:
            st.warning(text, icon=":material/warning:")
        else:
            st.info(text, icon=":material/info:")
