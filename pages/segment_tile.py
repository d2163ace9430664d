"""Segment: hand in a tile, check it, choose a model, run, look at the result."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.jobs import JobState
from pages.parts.cached import history, run_imports
from pages.parts.hand_in import draw_summary, draw_welcome, forget, kept_hand_in
from pages.parts.job_view import draw_progress, views_of
from pages.parts.places import HISTORY
from pages.parts.run_options import ask_choices
from pages.parts.run_view import draw_runs
from pages.parts.submission import submit
from pages.parts.tile_check import draw_check
from pages.parts.tile_choice import assign_dialog, candidates, choose_tiles, draw_left_over
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.jobs import JobView

JOB = "job"  # the query parameter that finds a job again after a reload


def show() -> None:
    """The page: jobs where the address names some, else the way to a new one."""
    job_ids = tuple(st.query_params.get_all(JOB))
    try:
        if job_ids:
            _show_jobs(job_ids)
        else:
            _show_start()
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")
    run_imports()  # last, so that the page is drawn before the imports compete for the processor


def _show_start() -> None:
    """Hand in, check, choose, run."""
    st.title("Map the ice on a tile", anchor=False)
    taken = kept_hand_in()
    if taken is None:
        st.markdown(
            "Hand in Landsat or Sentinel-2 bands. Firnline checks them, maps the ice and measures its area."
        )
        draw_welcome()
        return
    draw_summary(taken, partial(assign_dialog, taken))
    found = candidates(taken)
    draw_left_over()
    if not found:
        st.info(
            "No tile could be put together yet. Hand in more files or assign bands by hand.",
            icon=":material/info:",
        )
        return
    shown, to_run = choose_tiles(found)
    draw_check(shown)
    if not to_run:
        st.info(
            "There is no tile to run. Mend what the check found, or choose a tile.", icon=":material/info:"
        )
        return
    choices = ask_choices(to_run)
    label = "Run" if len(to_run) == 1 else f"Run {len(to_run)} tiles"
    if st.button(label, type="primary", icon=":material/play_arrow:", key="run"):
        st.query_params[JOB] = submit(to_run, choices)
        st.rerun()


def _show_jobs(job_ids: tuple[str, ...]) -> None:
    """Progress while something is under way, the results afterwards."""
    views = views_of(job_ids)
    head = st.container(horizontal=True, vertical_alignment="center")
    running = any(not view.state.finished for view in views)
    head.title("Mapping…" if running else "Result", anchor=False, width="content")
    head.space("stretch")
    if not running and kept_hand_in() is not None:
        head.button("Change options", key="again", icon=":material/tune:", on_click=_leave_job)
    head.button("New tile", key="new_tile", icon=":material/add:", on_click=_start_anew)
    if not views:
        st.info(
            "This job is no longer known: Firnline was started anew since. "
            "What was finished is in the History.",
            icon=":material/info:",
        )
        st.page_link(HISTORY, label="Open the history", icon=":material/history:")
        return
    if running:
        draw_progress(job_ids)
    for view in views:
        if view.state in (JobState.FAILED, JobState.CANCELLED):
            _tell_ending(view)
    done = {view.id: view for view in views if view.state is JobState.DONE}
    shown = _choose_result(done)
    if shown is not None:
        draw_runs([history().get_run(run_id) for run_id in shown.result])


def _tell_ending(view: JobView) -> None:
    """What became of a job without a result."""
    name = plain(view.label, LONGEST_NAME)
    if view.state is JobState.FAILED:
        st.error(f"**{name}** failed. {plain(view.error or '')}", icon=":material/block:")
    else:
        words = "was cancelled. What was finished before is in the History."
        st.warning(f"**{name}** {words}", icon=":material/cancel:")


def _choose_result(done: Mapping[str, JobView]) -> JobView | None:
    """The finished job to look at; None before the first."""
    if len(done) <= 1:
        return next(iter(done.values()), None)
    chosen = st.selectbox(
        "Tile to look at",
        list(done),
        format_func=lambda job_id: done[job_id].label,
        key="result_shown",
        help=f"{len(done)} tiles are mapped. All of them are in the History.",
    )
    return done[str(chosen)]


def _leave_job() -> None:
    """Back to the options, with the same files."""
    st.query_params.pop(JOB, None)


def _start_anew() -> None:
    """Drop the files and the job from the page; runs stay in the history."""
    st.query_params.pop(JOB, None)
    forget()


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
