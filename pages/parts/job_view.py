"""Jobs on the page: progress, place in the queue, cancel. Polled by itself, without redrawing the page."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import streamlit as st

from core.jobs import JobState
from core.present.quantities import format_duration
from core.runs import utc_now
from pages.parts.cached import job_queue
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from core.jobs import JobView

POLL = "1.5s"  # drawn every 0.3 s, a run of 1.2 s took 8.5 s on two cores: page and browser compete with it
WATCHED_S, SLICE_S = 1.2, 0.2  # between two draws the end is waited for, which costs no processor
_ENDINGS = {
    JobState.DONE: (":material/check_circle:", "finished"),
    JobState.FAILED: (":material/block:", "failed"),
    JobState.CANCELLED: (":material/cancel:", "cancelled"),
}


def views_of(job_ids: Sequence[str]) -> list[JobView]:
    """The jobs that the worker still knows."""
    found = (job_queue().view(job_id) for job_id in job_ids)
    return [view for view in found if view is not None]


@st.fragment(run_every=POLL)
def draw_progress(job_ids: tuple[str, ...]) -> None:
    """Watch jobs until the last has ended, then draw the page anew."""
    bars = {view.id: _draw_job(view) for view in views_of(job_ids)}
    st.caption(
        "You may close this tab or go to another page: the work goes on, and the result is in the History."
    )
    until = monotonic() + WATCHED_S
    while (under_way := [v for v in views_of(job_ids) if not v.state.finished]) and monotonic() < until:
        for view in under_way:
            bars[view.id].progress(view.progress, text=_words(view))  # here a pressed button is heard, too
        job_queue().wait(under_way[0].id, SLICE_S)
    if not under_way:
        st.rerun()


def _draw_job(view: JobView) -> DeltaGenerator:
    """One job: what it does, a way to stop it, and the place for how far it is."""
    with st.container(border=True, key=f"job-{view.id}"):
        row = st.container(horizontal=True, vertical_alignment="center")
        row.markdown(f"**{plain(view.label, LONGEST_NAME)}**", width="content")
        row.space("stretch")
        if view.state.finished:
            icon, word = _ENDINGS[view.state]
            row.markdown(f"{icon} {word}", width="content")
            return st.empty()
        row.button(
            "Cancel",
            key=f"cancel-{view.id}",
            icon=":material/close:",
            disabled=view.cancelling,
            on_click=job_queue().cancel,
            args=(view.id,),
        )
        return st.empty()


def _words(view: JobView) -> str:
    """Where the job stands, in words."""
    if view.cancelling:
        return "Stopping at the next step…"
    if view.state is JobState.QUEUED:
        ahead = "1 job" if view.position == 1 else f"{view.position} jobs"
        return f"Waiting: {ahead} to be finished first" if view.position else "About to start…"
    since = format_duration((utc_now() - (view.started_at or view.submitted_at)).total_seconds())
    return f"Under way: {100 * view.progress:.0f} %, {since} so far"
