"""What a run found inside the outlines of its site: in short on its own page, by line on the site's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import OutlineError
from core.export.ledgers import ledger_csv
from core.models import model_spec
from core.present.quantities import format_area, format_share
from core.runs import ALL_ICE, ErrorKind, find_error
from pages.parts.cached import history
from pages.parts.wording import download_name, plain

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.measure.ledger import Found, Ledger
    from db.records import StoredRun

METRIC_PX, ROW_PX, MOST_ROWS = 152, 36, 14
CELL_PX, LETTER_PX = 22, 6  # what a cell of a table leaves free, and a letter of its head


def draw_inside(stored: StoredRun) -> Ledger | None:
    """The run's areas inside the outlines of its site, in boxes; nothing where it has none."""
    if stored.site is None:
        return None
    ledger = _measured(stored)
    if ledger is not None:
        count = len(ledger.lines)
        st.markdown(f"**Inside {count:,} outline{'s' if count != 1 else ''} of the site**")
        _draw_boxes(stored, ledger)
    return ledger


def draw_ledger(stored: StoredRun) -> None:
    """The ledger of a run with a line for every outline, and its download."""
    ledger = _measured(stored)
    if ledger is None:
        return
    _draw_boxes(stored, ledger)
    if not ledger.lines:
        st.info("No outline of the site touches this run.", icon=":material/wrong_location:")
        return
    _draw_lines(ledger)
    day = stored.acquired_on.isoformat() if stored.acquired_on else None
    st.download_button(
        "Ledger (CSV)",
        data=lambda: ledger_csv(ledger, stored.run, day, stored.site).encode(),
        file_name=download_name(stored.site or "site", day or "", "ledger.csv"),
        mime="text/csv",
        key=f"ledger-csv-{stored.run.id}",
        icon=":material/download:",
        help="One row an outline with areas, coverage and errors, then all together, then what lies outside.",
        on_click="ignore",
    )
    st.caption(_explain(ledger))


def _measured(stored: StoredRun) -> Ledger | None:
    """The ledger, measured now if it was not before."""
    try:
        with st.spinner("Measuring inside the outlines…"):
            return history().ledger(stored.run.id)
    except OutlineError as error:
        st.warning(plain(str(error)), icon=":material/location_off:")
        return None


def _draw_boxes(stored: StoredRun, ledger: Ledger) -> None:
    """All outlines together."""
    spec = model_spec(ledger.model)
    inside = ledger.inside
    boxes: list[tuple[str, str, str | None]] = [
        ("Ice inside", format_area(inside.ice_km2), _error_words(inside, ALL_ICE))
    ]
    if len(spec.foreground) > 1:
        boxes += [
            (info.label, format_area(inside.areas_km2[info.key]), _error_words(inside, info.key))
            for info in spec.foreground
        ]
    if inside.debris_share is not None:
        boxes.append(("Debris share", format_share(inside.debris_share), "Of the ice inside the outlines."))
    boxes += [
        (
            "Seen",
            format_share(ledger.coverage),
            f"Share of the outlines' {format_area(ledger.outlines_km2)} that carries data in this run. "
            "The areas are those of the part that was seen.",
        ),
        (
            "Growth outside",
            format_area(ledger.growth_km2),
            "Ice outside all outlines that hangs together with the ice inside one: growth of that glacier, "
            "snow beside it, or an outline that was drawn too tightly. The table tells whose it is."
            + _growth_words(ledger),
        ),
        (
            "Other ice outside",
            format_area(ledger.other_km2),
            "Ice of this tile outside all outlines that has grown from none of their glaciers: new or "
            "unmapped ice, or seasonal snow.",
        ),
    ]
    row = st.container(horizontal=True, gap="small", key=f"inside-{stored.run.id}")
    for label, value, explanation in boxes:
        row.metric(label, value, help=explanation, border=True, height="stretch", width=METRIC_PX)


def _error_words(found: Found, group: str) -> str:
    """The errors of a class, or of all ice, in words."""
    told = []
    for kind, words in (
        (ErrorKind.BUFFER, "half a pixel along the margin"),
        (ErrorKind.PROBABILITY, "from the probabilities"),
    ):
        error = find_error(found.errors, group, kind)
        if error is not None:
            told.append(f"{format_area(error.low_km2)} to {format_area(error.high_km2)} ({words})")
    return f"95 %: {'; '.join(told)}." if told else ""


def _growth_words(ledger: Ledger) -> str:
    """The error of the growth in words; nothing where there is none."""
    error = ledger.growth_error
    if error is None:
        return ""
    return f" 95 %: {format_area(error.low_km2)} to {format_area(error.high_km2)} (from the probabilities)."


def _draw_lines(ledger: Ledger) -> None:
    """The table, largest ice first as a rule of the column that is sorted by a click."""
    spec, lines = model_spec(ledger.model), ledger.lines
    buffers = [find_error(line.found.errors, ALL_ICE, ErrorKind.BUFFER) for line in lines]
    rows: dict[str, list[object]] = {
        "No.": [line.number for line in lines],
        "Id": [line.id for line in lines],
        "Name": [line.name for line in lines],
        "Outline (km²)": [line.outline_km2 for line in lines],
        "Seen (%)": [100 * line.coverage for line in lines],
        "Ice (km²)": [line.found.ice_km2 for line in lines],
        "± 95 % (km²)": [None if error is None else error.reach_km2 for error in buffers],
    }
    if len(spec.foreground) > 1:
        for info in spec.foreground:
            rows[f"{info.label} (km²)"] = [line.found.areas_km2[info.key] for line in lines]
        rows["Debris share (%)"] = [
            None if line.found.debris_share is None else 100 * line.found.debris_share for line in lines
        ]
    rows["Growth outside (km²)"] = [line.growth_km2 for line in lines]
    rows["± 95 % of growth (km²)"] = [
        None if line.growth_error is None else line.growth_error.reach_km2 for line in lines
    ]
    rows = {name: cells for name, cells in rows.items() if any(cell is not None for cell in cells)}
    st.dataframe(
        rows,
        hide_index=True,
        row_height=ROW_PX,
        height=ROW_PX * (min(len(lines), MOST_ROWS) + 1) + 2,
        placeholder="",
        column_config={name: _column(name) for name in rows if "(" in name},
        alt="Areas of each outline",
    )


def _column(name: str) -> ColumnConfig:
    """A column of numbers that is wide enough for its own name."""
    width = CELL_PX + LETTER_PX * len(name)
    return st.column_config.NumberColumn(format="%.3f" if "km²" in name else "%.1f", width=width)


def _explain(ledger: Ledger) -> str:
    """How the numbers were counted."""
    text = (
        "A pixel lies inside an outline when its centre does. ± is half a pixel along the ice margin inside "
        "the outline; the outline itself is taken as given. Growth is ice outside all outlines that is "
        "joined to the ice inside one: beside several it is shared by the sides that it touches, and a part "
        "larger than its glacier counts as other ice. Its ± is what the probabilities leave open."
    )
    if ledger.overlap_km2:
        text += (
            f" {format_area(ledger.overlap_km2)} lie in more than one outline: each line counts them, the "
            "total once."
        )
    if ledger.elsewhere:
        count = ledger.elsewhere
        text += f" {count:,} outline{'s' if count != 1 else ''} of the site lie outside this tile."
    return text
