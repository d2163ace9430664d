"""How a model was trained: curves, data, calibration, and what each part of the recipe is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import WeightsError
from core.networks.curves import SUFFIX, read_curves
from core.present.quantities import format_count
from core.present.training import training_curves
from pages.parts.places import WEIGHTS
from pages.parts.wording import plain

if TYPE_CHECKING:
    from core.models import ModelSpec
    from core.networks.cards import Calibration, Card, Stage
    from core.networks.curves import EpochScores


def draw_training(spec: ModelSpec, card: Card) -> None:
    """Everything that the card and its curves tell of the training."""
    rows = _told_curves(spec, card.stage)
    if rows:
        st.markdown("**Epoch by epoch**, on the tiles that measured")
        st.plotly_chart(
            training_curves(rows, spec),
            key=f"curves-{spec.key}",
            config={"displaylogo": False, "displayModeBar": False},
            alt="Scores, loss and learning rate by epoch",
        )
    if card.data:
        _draw_data(spec, card)
    if card.calibration:
        _draw_calibration(card.calibration)
    if card.ablation:
        _draw_ablation(spec, card)
    if not (rows or card.data or card.calibration or card.ablation):
        st.markdown("Its card tells no more than the text below.")


def _told_curves(spec: ModelSpec, stage: Stage | None) -> tuple[EpochScores, ...]:
    """The epochs of the training; a sentence in their place where their file is damaged or another's."""
    name = f"{spec.key}{SUFFIX}"
    try:
        rows = read_curves(WEIGHTS / name)
    except WeightsError as error:
        st.warning(plain(str(error)))
        return ()
    if rows and stage and (stage.epoch, stage.step) not in {(row.epoch, row.step) for row in rows}:
        st.warning(
            f"{name} is of another training than the weights: it has no step {stage.step} in epoch "
            f"{stage.epoch}. Put the curves beside the weights that were written with them."
        )
        return ()
    return rows


def _draw_data(spec: ModelSpec, card: Card) -> None:
    names = {info.key: info.label for info in spec.classes}
    st.markdown("**Data**")
    st.dataframe(
        {
            "Folder": [one.name for one in card.data],
            "Kind": ["simulated" if one.simulated else "real" for one in card.data],
            "Taught": [one.training_tiles for one in card.data],
            "Measured": [one.validation_tiles for one in card.data],
            "Tested": [one.test_tiles for one in card.data],
            "Labelled pixels that taught": [
                ", ".join(f"{names.get(key, key)} {format_count(px)}" for key, px in one.class_px.items())
                for one in card.data
            ],
            "Places": [one.places for one in card.data],
            "Licence": [one.licence for one in card.data],
        },
        hide_index=True,
        height="content",
        key=f"data-{spec.key}",
        alt="Data folders of the training",
    )


def _draw_calibration(told: Calibration) -> None:
    if told.error_before is None or told.error_after is None:
        return
    st.markdown(
        f"**Calibration.** Dividing the logits by {told.temperature:.2f} changed the error of the confidence "
        f"from {100 * told.error_before:.1f} % to {100 * told.error_after:.1f} % on the measuring tiles."
    )


def _draw_ablation(spec: ModelSpec, card: Card) -> None:
    st.markdown("**What each part of the recipe is worth** (MCC)")
    names = list(dict.fromkeys(name for rung in card.ablation for name in rung.scores))
    st.dataframe(
        {
            "Recipe": [f"{'+ ' if n else ''}{rung.adds}" for n, rung in enumerate(card.ablation)],
            "Steps": [rung.steps for rung in card.ablation],
        }
        | {name: [rung.scores.get(name) for rung in card.ablation] for name in names},
        hide_index=True,
        height="content",
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in names},
        key=f"ablation-{spec.key}",
        alt="Scores as the recipe grows",
    )
    st.caption(
        plain(
            "Every rung begins from nothing and takes the same few steps: this tells what a part "
            "costs at first, not where it ends. The first rung splits at random; its own tiles flatter it."
        )
    )
