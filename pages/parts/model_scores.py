"""Scores of a model: one set of ground at a time, class by class, beside simple thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.models import BINARY
from core.present.quantities import format_count
from core.present.training import confusion_picture
from pages.parts.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ClassInfo, ModelSpec
    from core.networks.cards import Card, Interval, ScoreSet

NUMBERS = {
    "IoU": "Overlap divided by union, 0 to 1.",
    "F1": "Harmonic mean of precision and recall, 0 to 1.",
    "Precision": "Share of the mapped ground that is right.",
    "Recall": "Share of the true ground that was found.",
}


def draw_scores(spec: ModelSpec, card: Card) -> None:
    """A choice of the ground that was measured on, and its scores."""
    own = [score for score in card.scores if not score.method]
    if not own:
        st.markdown("Its card holds no scores.")
        return
    chosen = own[0]
    if len(own) > 1:
        place = st.selectbox(
            "Measured on", range(len(own)), format_func=lambda n: _title(own[n]), key=f"score-set-{spec.key}"
        )
        chosen = own[place]
    _draw_set(spec, chosen)
    _draw_rules(spec, chosen, [one for one in card.scores if one.method and one.on == chosen.on])


def between(interval: Interval | None) -> str:
    """An interval in words; nothing where there is none."""
    return "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def asks_merged(spec: ModelSpec, score: ScoreSet) -> bool:
    """Whether a set has the model's classes merged: glacier and water against the rest."""
    return not {each.key for each in score.classes} <= {info.key for info in spec.classes}


def _title(score: ScoreSet) -> str:
    made = " (simulated)" if score.simulated else ""
    return f"{score.on}{made}"


def _draw_set(spec: ModelSpec, score: ScoreSet) -> None:
    names = {info.key: info.label for info in (*BINARY.classes, *spec.classes)}
    tiles = f"{score.tiles} {'tile' if score.tiles == 1 else 'tiles'}, " if score.tiles else ""
    st.markdown(f"**{plain(_title(score))}** ({tiles}{format_count(score.pixels)} px)")
    facts = [
        f"MCC {score.mcc:.3f}" + _range(score.mcc_interval),
        f"mean IoU {score.mean_iou:.3f}" + _range(score.mean_iou_interval),
        f"accuracy {score.accuracy:.3f}",
    ]
    if score.calibration_error is not None:
        facts.append(f"the confidence is off by {100 * score.calibration_error:.1f} % on average")
    st.caption(" · ".join(facts))
    if score.drawn_px:
        st.caption(
            f"Too few tiles to draw: ranges come from drawing their squares of {score.drawn_px} px. They "
            "tell of other ground of the same tiles, and are too narrow for other tiles."
        )
    columns = {
        "Class": [names.get(each.key, each.key) for each in score.classes],
        "IoU": [each.iou for each in score.classes],
        "IoU, 95 %": [between(each.iou_interval) for each in score.classes],
        "F1": [each.f1 for each in score.classes],
        "Precision": [each.precision for each in score.classes],
        "Recall": [each.recall for each in score.classes],
        "True pixels": [each.label_px for each in score.classes],
    }
    if not any(each.iou_interval for each in score.classes):
        del columns["IoU, 95 %"]
    st.dataframe(
        columns,
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f", help=words) for name, words in NUMBERS.items()
        },
        key=f"scores-{spec.key}",
        alt=f"Scores of each class, {score.on}",
    )
    if score.confusion:
        words = "Where each true class, a row, went on the map, in shares of its pixels"
        st.caption(words)
        st.plotly_chart(
            confusion_picture(score.confusion, _classes(spec, score)),
            key=f"confusion-{spec.key}",
            config={"displaylogo": False, "displayModeBar": False},
            alt=words,
        )


def _draw_rules(spec: ModelSpec, score: ScoreSet, rules: Sequence[ScoreSet]) -> None:
    """What thresholds reach on the same ground."""
    if not rules:
        return
    st.caption(
        "Thresholds on the same pixels, for comparison. Those best on these tiles were chosen on the tiles "
        "that judge them, so they flatter themselves."
    )
    shown = [score, *rules]
    overlap = "IoU of glacier and water" if asks_merged(spec, score) else "IoU of glacier"
    st.dataframe(
        {
            "Rule": ["This model", *(rule.method for rule in rules)],
            "MCC": [one.mcc for one in shown],
            "MCC, 95 %": [between(one.mcc_interval) for one in shown],
            overlap: [one.classes[-1].iou for one in shown],
        },
        hide_index=True,
        height="content",
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in ("MCC", overlap)},
        key=f"rules-{spec.key}",
        alt=f"The model beside thresholds, {score.on}",
    )


def _classes(spec: ModelSpec, score: ScoreSet) -> Sequence[ClassInfo]:
    return spec.classes if len(score.confusion) == len(spec.classes) else BINARY.classes


def _range(interval: Interval | None) -> str:
    return f" ({between(interval)})" if interval else ""
