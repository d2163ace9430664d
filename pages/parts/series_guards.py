"""The choices behind a series: whose runs count, which class, which guards are on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.measure.clouds import MUCH
from core.measure.guards import Guards
from core.measure.observations import main_method
from core.measure.pixels import ALIKE_PIXELS
from core.measure.seasons import LAST_DAY, SeasonWindow, day_words, usual_season
from core.models import MODELS, model_spec
from core.runs import ALL_ICE, ErrorKind
from pages.parts.wording import short_hash, short_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.measure.observations import Method, Observation
    from core.models import ModelSpec

ICE_LABEL = "All ice"
ICE_COLOUR = "#0072B2"  # that of clean ice
CHOICE_PX = 240
ERROR_TITLES = {
    ErrorKind.BUFFER: "Half a pixel along the outline",
    ErrorKind.PROBABILITY: "What the probabilities leave open",
    ErrorKind.SPREAD: "Spread of eight orientations",
}
NO_ERROR = "None"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the series is of. `colour` is the class's."""

    method: Method
    class_key: str
    class_label: str
    colour: str
    error_kind: ErrorKind | None


def ask_choice(site: str, observations: Sequence[Observation]) -> Choice | None:
    """Draw the choices of model, class and error; None where no dated run is of a known model."""
    known = [o for o in observations if o.method.model in MODELS]
    usual = main_method(known)
    if usual is None:
        return None
    models = sorted({o.method.model for o in known}, key=lambda key: key != usual.model)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="follow_choice"):
        model = st.selectbox(
            "Model",
            models,
            format_func=short_title,
            key=f"follow_model-{site}",
            width=CHOICE_PX,
            help="Only runs of one model and its weights are compared.",
        )
        spec = model_spec(model)
        labels = class_labels(spec, known)
        class_key = st.selectbox(
            "Class",
            list(labels),
            format_func=lambda key: labels[key],
            key=f"follow_class-{site}-{model}",
            width=CHOICE_PX,
        )
        kind = _ask_error(site, known)
    method = _ask_method(site, [o for o in known if o.method.model == model])
    colours = {info.key: info.colour or ICE_COLOUR for info in spec.classes}
    return Choice(method, class_key, labels[class_key], colours.get(class_key, ICE_COLOUR), kind)


def class_labels(spec: ModelSpec, observations: Sequence[Observation]) -> dict[str, str]:
    """The classes that can be followed: all ice first, unless one class is all of it.

    Where runs of another model are among the observations, all ice stands for such a class, because it is
    what both models tell.
    """
    labels = {info.key: info.label for info in spec.foreground}
    ice = [info.key for info in spec.foreground if info.is_ice]
    if len(ice) > 1:
        return {ALL_ICE: ICE_LABEL} | labels
    if any(o.method.model != spec.key for o in observations if o.method.model in MODELS):
        return {ALL_ICE: ICE_LABEL} | {key: label for key, label in labels.items() if key not in ice}
    return labels


def _ask_error(site: str, observations: Sequence[Observation]) -> ErrorKind | None:
    """Which error stands with the areas, among those that the runs have."""
    kinds = [kind for kind in ErrorKind if any(k == kind for o in observations for _, k in o.sigmas_km2)]
    if not kinds:
        return None
    chosen = st.selectbox(
        "Error bars",
        [*kinds, NO_ERROR],
        format_func=lambda kind: ERROR_TITLES[kind] if isinstance(kind, ErrorKind) else NO_ERROR,
        key=f"follow_error-{site}",
        width=CHOICE_PX,
        help="Meant as the 95 % interval of each area; how often that held is said below. The three kinds "
        "see different sources of error; they are compared on the page of each run. Inside outlines the "
        "spread of eight orientations is not known: it is measured on whole tiles.",
    )
    return chosen if isinstance(chosen, ErrorKind) else None


def _ask_method(site: str, observations: Sequence[Observation]) -> Method:
    """Whose weights and parameters count, where the model has runs of several."""
    usual = main_method(observations)
    assert usual is not None  # noqa: S101 - the caller has dated runs of the model
    methods = sorted({o.method for o in observations}, key=lambda m: (m != usual, m.weights_sha256))
    if len(methods) == 1:
        return usual
    cards_differ = len({method.card for method in methods}) > 1
    counts = {method: sum(o.method == method for o in observations) for method in methods}
    chosen: Method = st.selectbox(
        "Weights and parameters that count",
        methods,
        format_func=lambda method: method_words(method, counts[method], card=cards_differ),
        key=f"follow_method-{site}-{usual.model}",
        width=2 * CHOICE_PX + 16,
        help="Areas from other weights or parameters differ for reasons that are not the glacier's.",
    )
    return chosen


def method_words(method: Method, runs: int, *, card: bool = False) -> str:
    """Weights, threshold and smallest area in one line, with the hash of the card's numbers if asked for."""
    parts = [f"Weights {short_hash(method.weights_sha256)}"]
    if method.threshold is not None:
        parts.append(f"threshold {method.threshold:g}")
    parts.append(f"smallest area {method.options.min_area_km2:g} km²")
    if card and method.card:
        parts.append(f"card {short_hash(method.card)}")
    return f"{', '.join(parts)} ({runs} run{'s' if runs != 1 else ''})"


def ask_guards(site: str, observations: Sequence[Observation]) -> Guards:
    """Draw the guards, all on at first; what they ask of a point."""
    left, right = st.columns(2, gap="large")
    with left:
        season = _ask_season(site, observations)
        one_method = st.toggle(
            "One model, weights and parameters",
            value=True,
            key=f"guard_method-{site}",
            help="Off: all runs of the site count whose model tells the class, but only points of the same "
            "weights and parameters are compared with each other; the step between them is shown as a model "
            "change.",
        )
        one_a_date = st.toggle(
            "One run a date",
            value=True,
            key=f"guard_date-{site}",
            help="Of several runs of a date, one of the chosen model, weights and parameters counts; of "
            "several of these, the one that sees most ground; of equals, the newest.",
        )
    with right:
        least, cut, cloud = _ask_shares(site)
        same_ground = st.toggle(
            "Same ground on every date",
            value=True,
            key=f"guard_ground-{site}",
            help="A tile with another frame holds other ice, and its edge cuts the glaciers elsewhere. With "
            "an outline, areas are those inside it, and this guard has nothing to do.",
        )
        same_input = st.toggle(
            "Same pixels and bands",
            value=True,
            key=f"guard_input-{site}",
            help="A network maps finer pixels, or a tile that lacks a band, otherwise, whatever the glacier "
            f"does. Pixels may differ by {100 * ALIKE_PIXELS:g} % of a side; another sensor with equal "
            "pixels and bands counts, and is noted.",
        )
    return Guards(season, least, cut, cloud, same_ground, one_method, one_a_date, same_input)


def _ask_shares(site: str) -> tuple[float, float, float]:
    """Limits of ground with data, of outline beside no data, of cloud; shares 0..1."""
    least = st.slider(
        "Least ground with data (%)",
        0,
        100,
        95,
        key=f"guard_valid-{site}",
        help="Of the tile, or of the site's outline where it has one. Cloud that the product masks is "
        "ground without data.",
    )
    most = st.slider(
        "Most of the ice's outline beside no data (%)",
        0,
        100,
        5,
        key=f"guard_cut-{site}",
        help="Where no data begins, the outline is cut off and the area is too small.",
    )
    cloud = st.slider(
        "Most of the ground that looks like unmasked cloud (%)",
        0,
        100,
        round(100 * MUCH),
        key=f"guard_cloud-{site}",
        help="Ground, inside the outlines where these count, that is bright, white, bright in shortwave "
        "infrared and frozen. "
        "Thin and warm cloud is missed, bright sand and salt look alike. A tile without shortwave "
        "infrared cannot be judged: it passes, and is noted. 100 switches the guard off.",
    )
    return least / 100, most / 100, cloud / 100


def _ask_season(site: str, observations: Sequence[Observation]) -> SeasonWindow | None:
    latitudes = [(o.bounds.south + o.bounds.north) / 2 for o in observations if o.bounds]
    usual = usual_season(latitudes[0] if latitudes else None)
    wanted = st.toggle(
        "Season",
        value=usual is not None,
        key=f"guard_season-{site}",
        help="Snow hides the outline outside the end of the melt season. The window may wrap the new year.",
    )
    if not wanted:
        return None
    shown = usual or SeasonWindow(1, LAST_DAY)
    days = list(range(1, LAST_DAY + 1))
    with st.container(horizontal=True, gap="medium"):
        first = st.select_slider(
            "From", days, value=shown.first, format_func=day_words, key=f"guard_first-{site}", width=200
        )
        last = st.select_slider(
            "To", days, value=shown.last, format_func=day_words, key=f"guard_last-{site}", width=200
        )
    return SeasonWindow(int(first), int(last))
