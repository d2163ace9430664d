"""Models: what each is, was trained on, scored, and where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.models import MODELS
from core.networks.stored import stored_in_half
from core.present.mistakes import mistake_rows
from core.tiles.bands import LABELS, UNITS
from core.types import BANDS
from pages.parts.cached import model_card
from pages.parts.model_scores import asks_merged, between, draw_scores
from pages.parts.model_training import draw_training
from pages.parts.places import WEIGHTS
from pages.parts.rows import draw_rows
from pages.parts.run_files import picture_url
from pages.parts.run_pictures import draw_legend, draw_swatches
from pages.parts.wording import plain

if TYPE_CHECKING:
    from core.models import ModelSpec
    from core.networks.cards import Card, Interval, ScoreSet

FINAL = "released"  # the card's word for weights that may be relied on
VALID = "valid pixels"  # the cards' word for scores without the ground that carries no data
SIMULATED = "simulated"  # the cards' word for scores on made-up tiles
ICE = {info.key for spec in MODELS.values() for info in spec.classes if info.is_ice}
ARCHITECTURES = {
    "unet-32-512": "U-Net, 7.8 M parameters",
    "unet-resnet34-transposed": "U-Net on a ResNet-34 encoder, 24 M parameters",
}
MEASURES = """
**MCC** (Matthews' correlation) compares the whole map with the truth: 1 is a perfect map, 0 is no better than
a guess, and calling everything background earns nothing.

**IoU** of a class is the ground that is the class both on the map and in truth, divided by the ground that is
the class on either: 1 is a perfect outline, 0 means never found.
"""


def show() -> None:
    """The page."""
    st.title("Models", anchor=False)
    st.markdown(
        "What each model maps, what it was trained on and how far it can be trusted. "
        "Read the limits before an area leaves this app."
    )
    cards = _cards()
    if len(cards) > 1:
        st.markdown(comparison(cards))
        if note := comparison_note(cards):
            st.caption(note)
    columns = st.columns(len(MODELS), gap="medium")
    for column, (key, spec) in zip(columns, MODELS.items(), strict=True):
        with column.container(border=True, key=f"card-{key}"):
            _draw_card(spec, cards.get(key))
    st.markdown(MEASURES)


def _cards() -> dict[str, Card]:
    """The cards that can be read; the page says what is wrong with the others."""
    cards = {}
    for key in MODELS:
        try:
            cards[key] = model_card(key)
        except FirnlineError as error:
            st.error(plain(str(error)), icon=":material/block:")
    return cards


def architecture_words(card: Card) -> str:
    """A card's architecture as people call it; its own word where this version has none."""
    return ARCHITECTURES.get(card.architecture, card.architecture)


def main_scores(card: Card) -> list[ScoreSet]:
    """The model's own score sets that matter most: real tiles with ice on them, ground that carries data.

    Of several data folders it is the one that has most of such ground.
    """
    own = [s for s in card.scores if s.on.endswith(VALID) and not s.method and not is_simulated(s)]
    icy = [s for s in own if any(each.label_px for each in s.classes if each.key in ICE)]
    largest = max(icy, key=lambda score: score.pixels, default=None)
    return [s for s in icy if largest is not None and folder_of(s) == folder_of(largest)]


def folder_of(score: ScoreSet) -> str:
    """The data folder that a set was measured on."""
    return score.on.partition(":")[0]


def is_simulated(score: ScoreSet) -> bool:
    """Whether a set is of made-up tiles; older cards tell it by the name of the data folder alone."""
    return score.on.startswith(SIMULATED) if score.simulated is None else score.simulated


def comparison(cards: dict[str, Card]) -> str:
    """A table in Markdown with a column a model; its scores are of the question that all models answer."""
    rows = {
        "": [MODELS[key].title for key in cards],
        "Maps": [", ".join(info.label.lower() for info in MODELS[key].foreground) for key in cards],
        "Network": [architecture_words(card) for card in cards.values()],
        "Status": [card.status for card in cards.values()],
        "Tiles that taught, and that measured": [
            f"{len(card.split.training)}, {len(card.split.validation)}" for card in cards.values()
        ],
    }
    scores = [_glacier_or_not(card) for card in cards.values()]
    rows["Glacier or not, real tiles: MCC"] = [f"{s.mcc:.2f}" if s else "not measured" for s in scores]
    rows["Glacier or not, real tiles: IoU of glacier"] = [
        f"{s.classes[-1].iou:.2f}" if s and s.classes[-1].iou is not None else "not measured" for s in scores
    ]
    lines = [f"| {plain(name)} | " + " | ".join(map(plain, cells)) + " |" for name, cells in rows.items()]
    return "\n".join([lines[0], "|---" * (len(cards) + 1) + "|", *lines[1:]])


def comparison_note(cards: dict[str, Card]) -> str:
    """What the scores of the comparison count besides glacier; empty where they count glacier alone."""
    merged = [
        MODELS[key].title
        for key, card in cards.items()
        if (score := _glacier_or_not(card)) and asks_merged(MODELS[key], score)
    ]
    return f"{', '.join(merged)}: both scores count glacier and water together." if merged else ""


def _glacier_or_not(card: Card) -> ScoreSet | None:
    """The scores of two classes, glacier and the rest, on valid pixels of real tiles."""
    return next((score for score in main_scores(card) if len(score.classes) == 2), None)


def main_rows(spec: ModelSpec, card: Card) -> dict[str, str]:
    """What the few scores are, and their values as the card has them."""
    known = {info.key: info.label for info in spec.classes}
    rows = {}
    for score in main_scores(card):
        if asks_merged(spec, score):
            rows["MCC, ice and water against the rest"] = _scored(score, score.mcc, score.mcc_interval)
            continue
        rows["MCC"] = _scored(score, score.mcc, score.mcc_interval)
        for each in score.classes:
            rows[f"IoU, {known[each.key].lower()}"] = _scored(score, each.iou, each.iou_interval)
    return rows


def _scored(score: ScoreSet, value: float | None, interval: Interval | None) -> str:
    """A score, with how far it would move on other tiles, or on other ground of too few tiles."""
    if value is None:
        return "no such ground to measure on"
    if interval is None:
        return f"{value:.2f}"
    alone = "the same tile" if score.tiles == 1 else "the same tiles"
    return f"{value:.2f} ({between(interval)} on other {f'ground of {alone}' if score.drawn_px else 'tiles'})"


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
    st.markdown(f"**{plain(architecture_words(card))}**")
    rows = main_rows(spec, card)
    if rows:
        st.markdown("**Scores on real tiles kept out of the training**")
        draw_rows(rows)
    st.markdown(f"**Limits.** {plain(card.limits)}")
    if card.failures:
        st.markdown("**Known failures**\n\n" + "\n".join(f"- {plain(words)}" for words in card.failures))
    if card.failure_pictures:
        with st.expander("Pictures of failures", icon=":material/broken_image:"):
            _draw_failures(spec, card)
    with st.expander("All scores", icon=":material/table_chart:"):
        draw_scores(spec, card)
    with st.expander("Training", icon=":material/show_chart:"):
        draw_training(spec, card)
    with st.expander("Input and origin", icon=":material/fingerprint:"):
        _draw_origin(card)


def _draw_failures(spec: ModelSpec, card: Card) -> None:
    """The tiles that went worst: input, truth, map and errors."""
    st.caption(
        "The least accurate tile of each set that only tested: input and truth above, map and errors below."
    )
    draw_swatches(mistake_rows(spec))
    for picture in card.failure_pictures:
        path = WEIGHTS / picture.file
        made = ", simulated" if picture.simulated else ""
        words = (
            f"{picture.tile}{made}: MCC {picture.mcc:.2f}, accuracy {picture.accuracy:.2f}; "
            f"input in {picture.composite.lower()}"
        )
        if path.is_file():
            st.image(picture_url(path), width="stretch", alt=f"Input, truth, map and errors of {words}")
        else:
            words += ". Its picture is not beside the card."
        st.caption(plain(words))


def _draw_origin(card: Card) -> None:
    """Normalisation, split, hashes, how to repeat."""
    st.markdown("| Band | Unit | Mean | Std |\n|---|---|---|---|\n" + "\n".join(_band_rows(card)))
    rows = {
        "Weights SHA-256": card.sha256,
        "Made on": f"{card.created_on:%Y-%m-%d}",
        "Licence": card.licence,
        "Split": f"by {card.split.kind}: {len(card.split.training)} tiles taught, "
        f"{len(card.split.validation)} measured ({', '.join(card.split.validation)})"
        + (f", {len(card.split.test)} tested" if card.split.test else ""),
        "Repeat with": card.reproduce,
    }
    if card.stage is not None:
        ended = "" if card.stage.finished else "; the training was not finished"
        rows["Weights of"] = f"epoch {card.stage.epoch} of {card.stage.epochs}, step {card.stage.step}{ended}"
    if card.half_precision_alike is not None:
        precision = "half" if stored_in_half(card) else "single"
        rows[f"Stored in {precision} precision"] = (
            f"{100 * card.half_precision_alike:.3f} % of the pixels keep their class in half precision"
        )
    draw_rows(rows)
    st.markdown(f"**Trained on.** {plain(card.trained_on)}")


def _band_rows(card: Card) -> list[str]:
    """What the network expects of each band."""
    return [
        f"| {LABELS[band]} | {UNITS[band]} | {mean:.4g} | {std:.4g} |"
        for band, mean, std in zip(BANDS, card.means, card.stds, strict=True)
    ]


if __name__ == "__main__":  # Streamlit runs a page as the main module
    show()
