"""The parts of a change on the page: model, scene and glacier, and their table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import OutlineError
from core.export.attributions import parts_csv
from core.present.change_charts import area_against, attribution_waterfall, signed_area
from core.present.quantities import format_area
from core.runs import NORMAL_95
from pages.parts.cached import history, scene_of
from pages.parts.wording import download_name, plain

if TYPE_CHECKING:
    from core.measure.attribution import Attribution
    from core.measure.change import Estimate
    from core.measure.scene import ScenePart
    from db.records import StoredRun

    Pair = tuple[StoredRun, StoredRun]

TELL_APART = "Give both runs one site with outlines on this ground to tell the scene from the {rest}."
MODELS_PART = """
Both tiles are mapped again with **one** model. With A(tile, model) the ice on the common ground:

- *scene and glacier* is A(second tile, one model) minus A(first tile, one model);
- *model* is what its own model maps more than the one model on the second tile, minus the same on the first;
- *net change* is *model* plus *scene and glacier*, exactly. The model's part has no error: both models map
  the same tiles.
"""
SCENES_PART = """
Scene and glacier cannot be told apart from two images alone: snow that stays looks like ice on either. Where
both runs belong to a site with outlines, these tell some of it, under one model:

- *scene* is the change of ice outside all outlines that hangs together with the ice inside none;
- *glacier* is what is left: *scene and glacier* minus *scene*.

This assumes that no glacier forms apart from the outlined ones. Snow on a glacier or beside it still counts
as the glacier's, and ice that the outlines lack as the scene's. Images of the same season keep both small.

± of the scene is what the probabilities of both dates leave open of its ice. ± of the glacier is that of both
together.
"""
INPUTS_PART = """
What the one model makes of {inputs} is in *scene and glacier*, and in both of its parts where outlines tell
these apart: nothing here tells it from them. Between tiles of one sensor, with equal pixels and bands, there
is no such part.
"""
MADE_OF_INPUTS = "what the network makes of other pixels, bands or sensors"


def tell_apart(inputs: tuple[str, ...]) -> str:
    """How to tell the scene's part: from the glacier, or from the rest where the inputs differ."""
    return TELL_APART.format(rest="rest" if inputs else "glacier")


def inputs_words(inputs: tuple[str, ...]) -> str:
    """What one model that saw the tiles otherwise means for a change, `inputs` a phrase each."""
    return (
        f"saw the two tiles otherwise: {plain(', '.join(inputs))}. Networks react to this whatever the "
        "glacier does, and that part of the change cannot be told from the scene's and the glacier's here."
    )


def scene_of_change(pair: Pair, repeated: tuple[str, str]) -> ScenePart | None:
    """What the outlines of the runs' one site say of the scene's part; None without any."""
    sites = {stored.site for stored in pair}
    site = sites.pop()
    outlines = history().outlines(site) if site and not sites else None
    try:
        return scene_of(repeated, outlines.sha256, outlines) if outlines else None
    except OutlineError as error:
        st.warning(plain(str(error)), icon=":material/location_off:")
        return None


def draw_parts(pair: Pair, repeated: tuple[str, str], parts: Attribution) -> None:
    """Chart, words and download; `repeated` are the ids of the runs under one model, or those of the pair."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.plotly_chart(
            attribution_waterfall(parts),
            key="compare-parts",
            config={"displaylogo": False, "displayModeBar": False},
            alt="The parts of the change",
        )
    with right:
        lines = []
        if not parts.one_model:
            lines.append(
                f"**Model:** {signed_area(parts.model_km2)} (on the first tile its own model maps "
                f"{area_against(parts.model_before_km2)} the common one, on the second "
                f"{area_against(parts.model_after_km2)} the common one)"
            )
        together, rest = "Scene and glacier", "Glacier, and snow on it or beside it"
        if parts.inputs:
            together = f"Scene, glacier, and {MADE_OF_INPUTS}"
            rest = f"Glacier, snow on it or beside it, and {MADE_OF_INPUTS}"
        if parts.scene is None or parts.glacier is None:
            lines.append(f"**{together}:** {_in_words(parts.remainder)}, under one model")
        else:
            lines += [
                f"**Scene:** {_in_words(parts.scene)}, of ice that belongs to no outline of the site",
                f"**{rest}:** {_in_words(parts.glacier)}, what is left",
                f"**{'Both' if parts.inputs else together} together:** {_in_words(parts.remainder)}",
            ]
        lines.append(f"**Net change:** {signed_area(parts.total_km2)}")
        st.markdown("\n".join(f"- {line}" for line in lines))
        if parts.inputs and not parts.one_model:
            st.markdown(f"The one model, too, {inputs_words(parts.inputs)}")
        if parts.scene is None:
            st.caption(tell_apart(parts.inputs))
        with st.expander("The arithmetic", icon=":material/calculate:"):
            words = SCENES_PART if parts.one_model else MODELS_PART + SCENES_PART
            if parts.inputs:
                words += INPUTS_PART.format(inputs=plain(", ".join(parts.inputs)))
            st.markdown(words)
    _offer_parts(pair, repeated, parts)


def _in_words(part: Estimate | ScenePart) -> str:
    """A part with its interval, where it has one."""
    spread = "" if part.sigma_km2 is None else f" ± {format_area(NORMAL_95 * part.sigma_km2)} (95 %)"
    return signed_area(part.value_km2) + spread


def _offer_parts(pair: Pair, repeated: tuple[str, str], parts: Attribution) -> None:
    ids = pair[0].run.id, pair[1].run.id
    st.download_button(
        "Parts of the change (CSV)",
        data=parts_csv(ids, repeated, parts).encode(),
        file_name=download_name(*(stored.run.tile.name for stored in pair), "parts.csv"),
        mime="text/csv",
        key="compare-parts-csv",
        icon=":material/download:",
        on_click="ignore",
    )
