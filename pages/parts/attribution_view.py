"""Splitting a change on the page: what the model made of it, and what is left for scene and glacier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.export.comparisons import read_comparison
from core.jobs import JobState
from core.measure.attribution import attribute, without_model
from core.measure.comparability import inputs_differ, model_differs
from core.models import model_spec
from core.present.change_charts import signed_area
from pages.parts.cached import history
from pages.parts.change_parts import draw_parts, inputs_words, scene_of_change, tell_apart
from pages.parts.comparison_jobs import forget_job, repeated_runs, repetition_job, running_repetition
from pages.parts.job_view import draw_progress
from pages.parts.places import SEGMENT
from pages.parts.wording import LONGEST_NAME, plain

if TYPE_CHECKING:
    from core.measure.change import Change
    from core.runs import Run
    from db.records import StoredRun

    Pair = tuple[StoredRun, StoredRun]

FIRST, SECOND = "First run", "Second run"


def draw_attribution(pair: Pair, change: Change) -> None:
    """What can be said about where the change comes from."""
    st.subheader("Where the change comes from", anchor=False)
    one, other = (stored.run for stored in pair)
    if not model_differs(one, other):
        _draw_one_model(pair, change)
        return
    if one.tile.sha256 == other.tile.sha256:
        st.markdown(
            "Both runs saw the same tile, so **all of the change is the model's** "
            f"({signed_area(change.net_km2)}): the glacier and the scene are the same."
        )
        return
    like = _ask_like(one, other)
    try:
        _draw_split(pair, change, like)
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")


def _draw_one_model(pair: Pair, change: Change) -> None:
    """Scene and glacier, where outlines tell them apart; the model has a part only by what it saw."""
    inputs = _inputs_differ(pair)
    if inputs:
        st.markdown(f"Both runs come from one model with the same parameters, but it {inputs_words(inputs)}")
    else:
        st.markdown(
            "Both runs come from one model with the same parameters, so no part of the change is the "
            "model's. It is the glacier's and the scene's: snow, shadow and season, as far as they differ."
        )
    ids = pair[0].run.id, pair[1].run.id
    scene = scene_of_change(pair, ids)
    if scene is None:
        st.caption(tell_apart(inputs))
        return
    draw_parts(pair, ids, without_model(change, scene, inputs))


def _inputs_differ(pair: Pair) -> tuple[str, ...]:
    return inputs_differ(pair[0].run, pair[1].run)


def _ask_like(one: Run, other: Run) -> Run:
    """Whose model and parameters both tiles get; asked only where they differ in more than the weights."""
    facts = [_repeated_facts(run) for run in (one, other)]
    differing = [name for name, words in facts[0].items() if words != facts[1][name]]
    if not differing:
        return other
    labels = {
        name: f"{name}'s: {', '.join(each[fact] for fact in differing if each[fact])}"
        for name, each in zip((FIRST, SECOND), facts, strict=True)
    }
    chosen = st.segmented_control(
        "One model for both tiles",
        [FIRST, SECOND],
        default=SECOND,
        required=True,
        key="split_like",
        format_func=labels.__getitem__,
        help="With the weights that this Firnline has now: older weights are not kept.",
    )
    return one if chosen == FIRST else other


def _repeated_facts(run: Run) -> dict[str, str]:
    """What both tiles are mapped with when this run is the common one, but for the present weights."""
    options = run.options
    threshold = (
        "the model's own threshold" if options.threshold is None else f"threshold {options.threshold:g}"
    )
    return {
        "model": model_spec(run.model).title,
        "threshold": threshold if run.threshold is not None else "",  # some models decide without one
        "smallest": f"smallest area {options.min_area_km2:g} km\N{SUPERSCRIPT TWO}",
        "way": "eight orientations" if options.symmetries else "one orientation",
    }


def _draw_split(pair: Pair, change: Change, like: Run) -> None:
    repeated = repeated_runs(pair, like)
    folder = history().find_comparison(*repeated) if repeated else None
    if repeated and folder is not None:
        again = read_comparison(folder).change
        draw_parts(
            pair, repeated, attribute(change, again, scene_of_change(pair, repeated), _inputs_differ(pair))
        )
        return
    view = running_repetition(pair, like)
    if view is not None and not view.state.finished:
        draw_progress((view.id,))
        return
    if view is not None and view.state is JobState.FAILED:
        st.error(plain(view.error or ""), icon=":material/block:")
        forget_job(view.id)
    if repeated is None and not _inputs_there(pair):
        return
    if st.button("Split the change", key="split", type="primary", icon=":material/call_split:"):
        if view is not None:
            forget_job(view.id)
        label = f"Mapping {pair[0].run.tile.name} and {pair[1].run.tile.name} with one model"
        repetition_job(pair, like, label)
        st.rerun()
    st.caption(
        f"Maps both tiles again with {plain(model_spec(like.model).title)} and the weights that Firnline has "
        "now. The new runs are kept in the History."
    )


def _inputs_there(pair: Pair) -> bool:
    """Whether both inputs can be read again; says which cannot, and what to do."""
    missing = [stored for stored in pair if not stored.input_there]
    for stored in missing:
        name = plain(stored.run.tile.name, LONGEST_NAME)
        st.info(
            f"The input of **{name}** {_fate(stored)}, so this tile cannot be mapped again. "
            "Hand in the same files again, keep a copy, and run them with one model.",
            icon=":material/inventory_2:",
        )
    if missing:
        st.page_link(SEGMENT, label="Hand in the files", icon=":material/layers:")
    return not missing


def _fate(stored: StoredRun) -> str:
    """Why an input cannot be read again."""
    if stored.input_place is None:
        return "was not kept, only its hash"
    return f"is no longer where it lay ({plain(str(stored.input_place.parent))})"
