"""A site's runs inside its outlines: whether they count there, and measuring those that were not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.measure.observations import flagged, inside_outlines
from core.present.quantities import format_count
from pages.parts.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.observations import Observation
    from db.history import History


MEASURED = "Areas and cloud inside the outlines, and snow around them."


def ask_inside(store: History, site: str, observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """The runs, inside the site's outlines where it has some and the visitor leaves that on."""
    outlines = next((each.outlines for each in store.sites() if each.name == site), 0)
    if not outlines:
        return tuple(observations)
    wanted = st.toggle(
        f"Inside the site's {outlines:,} outline{'s' if outlines != 1 else ''}",
        value=True,
        key=f"follow_inside-{site}",
        help="Areas and coverage are those inside all outlines together. Off: those of the whole tiles.",
    )
    totals = store.kept_totals(site)
    missing = [o for o in observations if o.acquired_on and o.placeable and o.run_id not in totals]
    if missing:
        _offer_measuring(store, site, missing)
        totals = store.kept_totals(site)
    if not wanted:
        return tuple(flagged(each, totals.get(each.run_id)) for each in observations)
    return tuple(inside_outlines(each, totals.get(each.run_id)) for each in observations)


def _offer_measuring(store: History, site: str, missing: Sequence[Observation]) -> None:
    """Say which runs have no areas inside the outlines yet, and measure them on demand."""
    box = st.empty()
    with box.container(horizontal=True, vertical_alignment="center"):
        count = len(missing)
        st.markdown(
            f":material/polyline: **{format_count(count)} run{'s' if count != 1 else ''}** of this site "
            f"{'were' if count != 1 else 'was'} not measured inside the outlines yet.",
            width="content",
        )
        pressed = st.button(
            "Measure now", key=f"measure_inside-{site}", icon=":material/straighten:", help=MEASURED
        )
    if not pressed:
        return
    failed = []
    bar = box.progress(0.0, "Measuring inside the outlines")
    for number, each in enumerate(missing):
        try:
            store.ledger(each.run_id)
        except FirnlineError as error:  # one tile beside the outlines does not stop the others
            failed.append(f"{each.tile_name}: {error}")
        bar.progress((number + 1) / len(missing), "Measuring inside the outlines")
    box.empty()
    for text in failed[:3]:
        st.warning(plain(text), icon=":material/warning:")
