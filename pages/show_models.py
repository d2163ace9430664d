"""Models: what each is, was trained on, scored, and where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.models import MODELS
from core.present.quantities import format_count
from core.tiles.bands import LABELS, UNITS
from core.types import BANDS
from pages.parts.cached import model_card
from pages.parts.rows import draw_rows
from pages.parts.run_pictures import draw_legend
from pages.parts.wording import plain

if TYPE_CHECKING:
    from core.models import ModelSpec
    from core.networks.weights import Card, ScoreSet

NO_SCORE = "—"
FINAL = "released"  # the card's word for weights that may be relied on


def show() -> None:
    """The page."""
    st.title("Models", anchor=False)
    st.markdown(
        "What each model maps, what it was trained on and how far it can be trusted. "
        "Read the limits before an area leaves this app."
    )
    cards = _cards()
    if len(cards) > 1:
        _draw_comparison(cards)
    columns = st.columns(len(MODELS), gap="medium")
    for column, (key, spec) in zip(columns, MODELS.items(), strict=True):
        with column.container(border=True, key=f"card-{key}"):
            _draw_card(spec, cards.get(key))


def _cards() -> dict[str, Card]:
    """The cards that can be read; the page says what is wrong with the others."""
    cards = {}
    for key in MODELS:
        try:
            cards[key] = model_card(key)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
    return cards


def _draw_comparison(cards: dict[str, Card]) -> None:
    """Both models in one table, measure by measure."""
    st.subheader("Compared", anchor=False)
    labels = list(dict.fromkeys(score.on for card in cards.values() for score in card.scores))
    rows: dict[str, list[str]] = {"Measure": []}
    rows["Measure"] += ["Classes", "Architecture", "Decides by", "Status"]
    for label in labels:
        rows["Measure"] += [f"{name}, {label}" for name in ("MCC", "Mean IoU", "Accuracy")]
    for key, card in cards.items():
        rows[MODELS[key].title] = [*_facts(MODELS[key], card), *_totals(card, labels)]
    st.table(rows, hide_index=True, border="horizontal", alt="Both models compared, measure by measure")
    st.caption(
        "MCC (Matthews' correlation) is 1 for a perfect map and 0 for a guess; it does not reward calling "
        "everything background. IoU is the overlap of mapped and true ground divided by their union."
    )


def _facts(spec: ModelSpec, card: Card) -> list[str]:
    """Cells about what a model is."""
    decides = f"threshold {card.threshold:g}" if card.threshold is not None else "most probable class"
    return [", ".join(c.label.lower() for c in spec.foreground), card.architecture, decides, card.status]


def _totals(card: Card, labels: list[str]) -> list[str]:
    """Cells with the scores over all classes."""
    by_label = {score.on: score for score in card.scores}
    cells = []
    for label in labels:
        score = by_label.get(label)
        values = (score.mcc, score.mean_iou, score.accuracy) if score else (None, None, None)
        cells += [NO_SCORE if value is None else f"{value:.3f}" for value in values]
    return cells


def _draw_card(spec: ModelSpec, card: Card | None) -> None:
    """One model."""
    st.subheader(spec.title, anchor=False)
    st.markdown(spec.summary)
    draw_legend(spec)
    if card is None:
        st.info("Its weights are not there, so it cannot run.", icon=":material/block:")
        return
    final = card.status == FINAL
    st.badge(
        card.status,
        icon=":material/verified:" if final else ":material/science:",
        color="green" if final else "orange",
        help=None if final else "Weights in the making: do not publish areas that were mapped with them.",
    )
    st.markdown(f"**Trained on.** {plain(card.trained_on)}")
    st.markdown(f"**Limits.** {plain(card.limits)}")
    for score in card.scores:
        _draw_scores(spec, score)
    with st.expander("Input and origin", icon=":material/fingerprint:"):
        _draw_origin(card)


def _draw_scores(spec: ModelSpec, score: ScoreSet) -> None:
    """Scores class by class."""
    labels = {info.key: info.label for info in spec.classes}
    st.markdown(f"**Scores: {plain(score.on)}** ({format_count(score.pixels)} px)")
    st.dataframe(
        {
            "Class": [labels.get(each.key, each.key) for each in score.classes],
            "IoU": [each.iou for each in score.classes],
            "F1": [each.f1 for each in score.classes],
            "Precision": [each.precision for each in score.classes],
            "Recall": [each.recall for each in score.classes],
            "True pixels": [each.label_px for each in score.classes],
        },
        hide_index=True,
        height="content",
        column_config={
            name: st.column_config.NumberColumn(format="%.3f", help=words)
            for name, words in {
                "IoU": "Overlap divided by union, 0 to 1.",
                "F1": "Harmonic mean of precision and recall, 0 to 1.",
                "Precision": "Share of the mapped ground that is right.",
                "Recall": "Share of the true ground that was found.",
            }.items()
        },
        key=f"scores-{spec.key}-{score.on}",
        alt=f"Scores of each class, {score.on}",
    )


def _draw_origin(card: Card) -> None:
    """Normalisation, split, hashes, how to repeat."""
    st.markdown("| Band | Unit | Mean | Std |\n|---|---|---|---|\n" + "\n".join(_band_rows(card)))
    rows = {
        "Weights SHA-256": card.sha256,
        "Made on": f"{card.created_on:%Y-%m-%d}",
        "Licence": card.licence,
        "Split": f"by {card.split.kind}: {len(card.split.training)} tiles taught, "
        f"{len(card.split.validation)} measured ({', '.join(card.split.validation)})",
        "Repeat with": card.reproduce,
    }
    draw_rows(rows)


def _band_rows(card: Card) -> list[str]:
    """What the network expects of each band."""
    return [
        f"| {LABELS[band]} | {UNITS[band]} | {mean:.4g} | {std:.4g} |"
        for band, mean, std in zip(BANDS, card.means, card.stds, strict=True)
    ]


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
