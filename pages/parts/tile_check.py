"""The input check of one tile on the page: picture, facts, findings, and what the user may overrule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from core.present.quantities import format_date
from core.runs import RadiometryKind
from core.tiles.bands import LABELS
from core.tiles.files import Stated
from core.tiles.radiometry import TITLES
from core.types import BANDS
from pages.parts.findings import draw_findings
from pages.parts.rows import draw_rows
from pages.parts.tile_choice import Candidate, state
from pages.parts.wording import LONGEST_NAME, grid_words, plain

if TYPE_CHECKING:
    from datetime import date

    from pages.parts.cached import CheckedTile

AS_DETECTED = "As detected"
SENSORS = (
    *(f"Landsat {number}" for number in (9, 8, 7, 5, 4)),
    *(f"Sentinel-2{unit}" for unit in "ABC"),
)
FIRST_DAY = datetime(1972, 7, 23, tzinfo=UTC).date()  # launch of Landsat 1


def draw_check(candidate: Candidate) -> None:
    """Everything the input check knows about a tile."""
    checked = candidate.checked
    st.subheader("Input check", anchor=False)
    if checked is None:
        st.error(
            f"**{plain(candidate.name, LONGEST_NAME)}**: {plain(candidate.problem or '')}",
            icon=":material/block:",
        )
        _draw_statements(candidate, None)
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        _draw_pictures(checked)
    with right:
        st.markdown(f"**{plain(checked.name, LONGEST_NAME)}**")
        _draw_facts(checked)
        draw_findings(checked.findings, sound="The tile is sound: nothing speaks against a run.")
    _draw_statements(candidate, checked)


def _draw_pictures(checked: CheckedTile) -> None:
    """The tile in the colours of a composite."""
    if not checked.pictures:
        st.info("No composite can be drawn: the tile has too few bands with data.", icon=":material/image:")
        return
    title = st.segmented_control(
        "Composite",
        list(checked.pictures),
        default=next(iter(checked.pictures)),
        required=True,
        key="check_composite",
    )
    shown = checked.pictures.get(str(title)) or next(iter(checked.pictures.values()))
    st.image(shown, width="stretch", alt=f"{title} composite of the tile")


def _draw_facts(checked: CheckedTile) -> None:
    """What was read from the files."""
    missing = [LABELS[band] for band in BANDS if band not in checked.bands]
    rows = {
        "Grid": grid_words(checked.grid),
        "Bands": ", ".join(LABELS[band] for band in BANDS if band in checked.bands),
        "Sensor": checked.sensor or "not known",
        "Acquired": format_date(checked.acquired_on) if checked.acquired_on else "not known",
        "Units": TITLES[checked.radiometry.kind],
        "Evidence": checked.radiometry.evidence,
    }
    if missing:
        rows["Missing"] = ", ".join(missing)
    draw_rows(rows)


def _draw_statements(candidate: Candidate, checked: CheckedTile | None) -> None:
    """Sensor, date and units, to be stated where the files do not tell or tell wrong."""
    unknown = checked is not None and not (checked.sensor and checked.acquired_on)
    title = "Sensor, date and units" + (" (please complete)" if unknown else "")
    with st.expander(title, icon=":material/tune:", expanded=unknown):
        columns = st.columns(3)
        with columns[0]:
            sensor = _ask_sensor(candidate)
        with columns[1]:
            acquired_on = _ask_date(candidate)
        with columns[2]:
            radiometry = _ask_radiometry(candidate)
    stated = Stated(radiometry, sensor, acquired_on)
    if stated != candidate.stated:
        state(candidate.name, stated)
        st.rerun()


def _ask_sensor(candidate: Candidate) -> str | None:
    known = candidate.files.sensor
    options = [known, *(s for s in SENSORS if s != known)] if known else list(SENSORS)
    choice = st.selectbox(
        "Sensor",
        options,
        index=_index(options, candidate.stated.sensor or known),
        placeholder="Choose or type the sensor",
        accept_new_options=True,
        key=f"sensor-{candidate.name}",
        help="Which satellite took the image. It is kept with the run and decides how Level-1 thermal "
        "numbers are converted.",
    )
    return None if choice is None or choice == known else str(choice)[:60]


def _ask_date(candidate: Candidate) -> date | None:
    known = candidate.files.acquired_on
    chosen: date | None = st.date_input(
        "Acquisition date",
        value=within_reach(candidate.stated.acquired_on or known),
        min_value=FIRST_DAY,
        max_value="today",
        format="YYYY-MM-DD",
        key=f"acquired-{candidate.name}",
        help="The day the satellite passed. Series of a site are ordered by it; leave it empty if unknown.",
    )
    return None if chosen == known else chosen


def within_reach(day: date | None) -> date | None:
    """A day that the calendar can show; None for one before the first satellite or in the future."""
    return day if day and FIRST_DAY <= day <= datetime.now().date() else None  # noqa: DTZ005 - the calendar's


def _ask_radiometry(candidate: Candidate) -> RadiometryKind | None:
    kinds = list(RadiometryKind)
    chosen = st.selectbox(
        "Units of the numbers",
        [AS_DETECTED, *(kind.value for kind in kinds)],
        index=0 if candidate.stated.radiometry is None else 1 + kinds.index(candidate.stated.radiometry),
        format_func=lambda value: value if value == AS_DETECTED else _sentence(TITLES[RadiometryKind(value)]),
        key=f"radiometry-{candidate.name}",
        help="How digital numbers become reflectance and kelvin. Overrule the detection only if you know "
        "the product; a wrong choice gives a wrong map.",
    )
    return None if chosen == AS_DETECTED else RadiometryKind(chosen)


def _index(options: list[str], value: str | None) -> int | None:
    """Where the value stands, None if nowhere."""
    return options.index(value) if value in options else None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
