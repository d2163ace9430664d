"""What an expert would check by hand: simple rules beside the model, and bands beside the training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.checks import Rule
from core.measure.clouds import MUCH
from core.measure.votes import bright_classes
from core.present.check_charts import band_fit_bars
from core.present.quantities import format_share
from core.present.verdicts import RULE_WORDS

if TYPE_CHECKING:
    from core.checks import CloudCheck, RuleCheck
    from core.models import ModelSpec
    from db.records import StoredRun

LIMITS = {
    Rule.NDSI: "Snow, ice and water have a high index (Dozier 1989); debris-covered ice has not.",
    Rule.FREEZING: "Ice is never warmer than 0 °C, but frozen ground is as cold.",
}
EVERYTHING = 0.8  # a rule that calls so much of the ground ice tells nothing


def draw_checks(stored: StoredRun, spec: ModelSpec) -> None:
    """Rules on the left, bands on the right; why there are none otherwise."""
    run = stored.run
    st.subheader(
        "Cross-checks",
        anchor=False,
        help="Rules that need no network, on the same pixels. They are no truth: look where they disagree. "
        "Their maps are under Pictures and among the map's layers.",
    )
    if run.checks is None:
        st.caption("This run is from before Firnline made cross-checks. Run the tile again to get them.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        if not run.checks.rules:
            st.caption("No rule could be tried: the tile has neither shortwave infrared nor thermal.")
        for check in run.checks.rules:
            with st.container(border=True):
                _draw_rule(check, spec)
        with st.container(border=True):
            _draw_clouds(run.checks.clouds)
    with right:
        st.plotly_chart(
            band_fit_bars(run.checks.bands),
            key=f"bands-{run.id}",
            config={"displaylogo": False, "displayModeBar": False},
            alt="Bar chart: share of pixels beyond the values that the weights were trained on, by band",
        )
        st.caption(
            "Share of a sample of the valid pixels beyond the training's mean ± 3 standard deviations. Far "
            "from what it learnt, a model guesses."
        )


def _draw_rule(check: RuleCheck, spec: ModelSpec) -> None:
    """One rule: how often it agrees, and who says more."""
    of = spec.classes[bright_classes(spec)[0]].label.lower()
    st.markdown(
        f"**{RULE_WORDS[check.rule]}** agrees with the model's {of} on "
        f"**{format_share(check.agreement)}** of the pixels."
    )
    compared = check.compared_px
    st.caption(
        f"Model alone: {format_share(check.network_px / compared)}. "
        f"Rule alone: {format_share(check.rule_px / compared)}."
    )
    said = LIMITS[check.rule]
    if (check.both_px + check.rule_px) / compared > EVERYTHING:
        said += " Here it holds almost everywhere, so it says little."
    st.caption(said)


def _draw_clouds(check: CloudCheck | None) -> None:
    """How much of the ground looks like cloud, or why that is not known."""
    if check is None:
        st.markdown("**Unmasked cloud** was not looked for.")
        st.caption("This run is from before Firnline did. Run the tile again to know.")
        return
    if check.share is None:
        st.markdown("**Unmasked cloud** cannot be told on this tile.")
        st.caption("It takes blue, green, red and shortwave infrared. Look at the pictures.")
        return
    st.markdown(
        f"**Unmasked cloud**: **{format_share(check.share)}** of the pixels look like cloud that the product "
        "does not mask."
    )
    st.caption(
        "Bright, white, bright in shortwave infrared, and frozen where the tile has a temperature. Thin and "
        "warm cloud is missed; bright pale rock, sand and salt can look alike. "
        f"Follow leaves out runs with more than {100 * MUCH:.0f} % as long as its guard says so."
    )
