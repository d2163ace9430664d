"""The saved pictures of a run beside each other: a composite of choice, classes or confidence."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from core.present.composites import COMPOSITES, Composite
from core.present.legend import Ramp, Swatch
from core.present.maps import background_words
from core.present.quantities import format_celsius, format_number
from core.present.ramps import DOUBT_TO_TRUST
from core.tiles.bands import LABELS
from pages.parts.run_files import (
    CLASSES_MAP,
    CONFIDENCE_MAP,
    composite_pictures,
    extra_pictures,
    picture_url,
    preview_facts,
    stored_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ModelSpec
    from core.present.composites import Limits
    from db.records import StoredRun

CLASSES, CONFIDENCE = "Classes", "Confidence"
_ROW = "display:flex;flex-wrap:wrap;gap:4px 16px;font-size:0.87rem;align-items:center"
_SWATCH = "display:inline-block;width:13px;height:13px;border-radius:3px;margin-right:6px;vertical-align:-2px"


def draw_pictures(stored: StoredRun, spec: ModelSpec) -> None:
    """A composite on the left, the class map or the confidence on the right."""
    st.subheader("Pictures", anchor=False)
    run_id = stored.run.id
    composites = composite_pictures(stored)
    left, right = st.columns(2, gap="medium")
    with left:
        if composites:
            titles = list(composites)
            title = st.segmented_control(
                "Composite",
                titles,
                default=titles[0],
                required=True,
                key=f"composite-{run_id}",
                help="Which bands are shown as colours. Each is stretched from the 2nd to the 98th "
                "percentile of the pixels with data.",
            )
            composite = next(each for each in COMPOSITES if each.title == title)
            st.image(picture_url(composites[composite.title]), width="stretch", alt=f"{title} composite")
            st.caption(_explain(composite, preview_facts(stored).limits.get(composite.kind)))
        else:
            st.info("No composite was drawn: the tile has too few bands.", icon=":material/image:")
    extras = {extra.title: extra for extra in extra_pictures(stored)}
    with right:
        layer = st.segmented_control(
            "Result",
            [CLASSES, CONFIDENCE, *extras],
            default=CLASSES,
            required=True,
            key=f"result-{run_id}",
            help="Confidence is the model's probability of the class it decided for. The others set simple "
            "rules beside it, or show how much eight views of the tile differ.",
        )
        if layer in extras:
            extra = extras[layer]
            st.image(str(extra.path), width="stretch", alt=f"{layer} of the tile")
            draw_swatches(extra.rows)
            return
        kind = CONFIDENCE_MAP if layer == CONFIDENCE else CLASSES_MAP
        st.image(str(stored_file(stored, kind)), width="stretch", alt=f"{layer} of the tile")
        if layer == CONFIDENCE:
            _draw_ramp()
        else:
            draw_legend(spec)


def draw_legend(spec: ModelSpec) -> None:
    """The classes' colours; only Firnline's own words and colours go into this HTML."""
    swatches = [(info.label, info.colour or "") for info in spec.foreground]
    swatches.append(("No data", "rgba(128,138,148,.55)"))
    items = "".join(
        f'<span><i style="{_SWATCH};background:{escape(colour)}"></i>{escape(label)}</span>'
        for label, colour in swatches
    )
    items += f"<span>{escape(background_words(spec))}</span>"
    st.html(f'<div style="{_ROW}">{items}</div>')


def draw_swatches(rows: Sequence[Swatch | Ramp]) -> None:
    """The legend of a map; only Firnline's own words and colours go into this HTML."""
    items = "".join(
        f'<span><i style="{_SWATCH};background:{escape(row.colour)}"></i>{escape(row.label)}</span>'
        if isinstance(row, Swatch)
        else _ramp(row.low, row.high, row.colours)
        for row in rows
    )
    st.html(f'<div style="{_ROW}">{items}</div>')


def _draw_ramp() -> None:
    """The colours of confidence between their ends."""
    st.html(f'<div style="{_ROW}">{_ramp("50 % or less", "100 %", DOUBT_TO_TRUST)}</div>')


def _ramp(low: str, high: str, colours: tuple[str, ...]) -> str:
    bar = f"width:160px;height:11px;border-radius:3px;background:linear-gradient(90deg,{','.join(colours)})"
    return f'<span>{escape(low)}</span><i style="{bar}"></i><span>{escape(high)}</span>'


def _explain(composite: Composite, limits: Limits | None) -> str:
    """What the composite shows and between which values."""
    if limits is None:
        return composite.explanation
    if composite.bands == ("thermal",):
        low, high = limits[0]
        return f"{composite.explanation} Shown from {format_celsius(low)} to {format_celsius(high)}."
    ranges = "; ".join(
        f"{LABELS[band].lower()} from {format_number(low)} to {format_number(high)}"
        for band, (low, high) in zip(composite.bands, limits, strict=True)
    )
    return f"{composite.explanation} Reflectance shown: {ranges}."
