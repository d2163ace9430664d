"""Compare: two runs of the same ground, what differs between them, and what became of the ice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.jobs import JobState
from pages.parts.cached import history, run_imports
from pages.parts.comparison_choice import choose_pair
from pages.parts.comparison_facts import draw_pair
from pages.parts.comparison_jobs import comparison_job, forget_job
from pages.parts.comparison_view import draw_comparison, draw_differences
from pages.parts.job_view import draw_progress
from pages.parts.places import SEGMENT
from pages.parts.wording import plain

if TYPE_CHECKING:
    from core.jobs import JobView
    from db.records import StoredRun


def show() -> None:
    """The page; what goes wrong is said in one sentence."""
    st.title("Compare two runs", anchor=False)
    try:
        if history().count_runs() < 2:
            _show_empty()
        else:
            _show_choice()
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")
    run_imports()  # last, so that the page is drawn before the imports compete for the processor


def _show_empty() -> None:
    """Too few runs to compare."""
    with st.container(border=True, horizontal_alignment="center", key="empty"):
        st.markdown("### :material/compare: Two runs are needed", width="content")
        st.markdown("Map the same place on two dates, then see what changed between them.", width="content")
        st.page_link(SEGMENT, label="Map a tile", icon=":material/layers:")


def _show_choice() -> None:
    """The pair, what differs, then the numbers."""
    chosen = choose_pair()
    if chosen is None:
        st.info(
            "Choose two runs that show the same ground: a glacier on two dates, or one tile mapped with two "
            "models.",
            icon=":material/info:",
        )
        return
    pair = history().get_run(chosen[0]), history().get_run(chosen[1])
    draw_pair(pair)
    if chosen[0] == chosen[1]:
        st.error("This is the same run twice; nothing can have changed. Choose another run.")
        return
    folder = history().find_comparison(*chosen)
    if folder is None:
        view = comparison_job(chosen, _label(pair))
        if view.state is not JobState.DONE:
            _show_job(view)
            return
        folder = history().find_comparison(*chosen)
    if folder is None:  # it was dropped since, with one of its runs or by hand
        forget_job(comparison_job(chosen, _label(pair)).id)
        st.rerun()
    draw_differences(pair)  # only of runs that can be compared: else one sentence says why they cannot
    draw_comparison(pair, folder)


def _show_job(view: JobView) -> None:
    """A comparison under way, or what became of it."""
    if not view.state.finished:
        draw_progress((view.id,))
        return
    if view.state is JobState.CANCELLED:
        st.warning("The comparison was cancelled.", icon=":material/cancel:")
    else:
        st.error(plain(view.error or ""), icon=":material/block:")
    st.button("Try again", icon=":material/refresh:", key="retry", on_click=forget_job, args=(view.id,))


def _label(pair: tuple[StoredRun, StoredRun]) -> str:
    return f"Comparing {pair[0].run.tile.name} with {pair[1].run.tile.name}"


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
