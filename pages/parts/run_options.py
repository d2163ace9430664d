"""The choices before a run: model, threshold, smallest area, pixel size, site, note, what to keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FirnlineError
from core.models import MODELS, model_spec
from core.present.quantities import format_bytes
from core.runs import LARGEST_PIXEL_M, MIN_AREA_KM2, Options
from pages.parts.cached import history, model_card
from pages.parts.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pages.parts.tile_choice import Candidate

BOTH = "both"
CHOICES = {**{key: spec.title for key, spec in MODELS.items()}, BOTH: "Both, side by side"}
KEEP, HASH_ONLY = "Keep a copy", "Hash only"
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class RunChoices:
    """What the user chose for a run; `models` are keys."""

    models: tuple[str, ...]
    options: Options
    site: str | None
    note: str
    keep_input: bool


def ask_choices(tiles: Sequence[Candidate]) -> RunChoices:
    """Draw the choices for the tiles to run."""
    st.subheader("Model and options", anchor=False)
    choice = st.segmented_control(
        "Model",
        list(CHOICES),
        default=next(iter(CHOICES)),
        required=True,
        format_func=CHOICES.__getitem__,
        key="run_model",
        help="The outline model tells glacier from ground. The surface model also tells clean ice, "
        "debris-covered ice and water apart. Page Models shows how well each does.",
    )
    keys = tuple(MODELS) if choice == BOTH else (str(choice),)
    for key in keys:
        st.caption(f"**{MODELS[key].title}.** {MODELS[key].summary}")
    columns = st.columns(3)
    with columns[0]:
        threshold = _ask_threshold(keys)
    with columns[1]:
        min_area_km2 = _ask_min_area()
    pixel_m = None
    with columns[2]:
        if any(tile.checked is not None and tile.checked.grid.crs is None for tile in tiles):
            pixel_m = _ask_pixel()
        keep_input = _ask_keep(tiles)
    symmetries = _ask_symmetries()
    site, note = _ask_place()
    return RunChoices(keys, Options(threshold, min_area_km2, pixel_m, symmetries), site, note, keep_input)


def _ask_threshold(keys: tuple[str, ...]) -> float | None:
    """The probability that decides, where a chosen model has one; None takes the card's."""
    deciding = [key for key in keys if model_spec(key).has_threshold]
    if not deciding:
        st.slider(
            "Threshold", 0.0, 1.0, 0.5, disabled=True, key="no_threshold",
            help="This model takes the most probable class and has no threshold.",
        )  # fmt: skip
        return None
    usual = _card_threshold(deciding[0])
    chosen = st.slider(
        "Threshold",
        min_value=0.05,
        max_value=0.95,
        value=usual,
        step=0.01,
        key="threshold",
        help="A pixel is glacier where its probability is at least this. The weights' own value is "
        f"{usual:g}; a higher one maps less ice, but surer."
        + (" It concerns the outline model alone." if len(keys) > 1 else ""),
    )
    return None if chosen == usual else float(chosen)


def _card_threshold(key: str) -> float:
    """The threshold of the weights; a half where their card cannot be read, which the run will say."""
    try:
        return round(model_card(key).threshold or 0.5, 2)
    except FirnlineError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return 0.5


def _ask_min_area() -> float:
    value = st.number_input(
        "Smallest area (km²)",
        min_value=0.0,
        max_value=10.0,
        value=MIN_AREA_KM2,
        step=0.01,
        format="%.3f",
        key="min_area",
        help="Connected patches of a class below this area are given to what surrounds them. 0.01 km² is the "
        "smallest glacier of the inventories; 0 keeps every pixel.",
    )
    return float(value)


def _ask_pixel() -> float | None:
    """The size of a pixel, asked for where a tile has no coordinate reference system."""
    value = st.number_input(
        "Pixel size (m)",
        min_value=0.0,
        max_value=LARGEST_PIXEL_M,
        value=None,
        placeholder="unknown",
        key="pixel_m",
        help="The tile has no coordinate reference system. Without the size of a pixel, areas are counted in "
        "pixels and small patches stay.",
    )
    return float(value) if value else None


def _ask_symmetries() -> bool:
    """Whether the tile is looked at in eight orientations."""
    return st.toggle(
        "Eight views (takes eight times as long)",
        key="symmetries",
        help="The model looks at the tile turned and mirrored, eight times in all. The mean decides, which "
        "is a little surer; how much the views differ is kept as a map and as an error of each area.",
    )


def _ask_place() -> tuple[str | None, str]:
    """Site and note."""
    left, right = st.columns([1, 2])
    with left:
        site = st.selectbox(
            "Site",
            [site.name for site in history().sites()],
            index=None,
            placeholder="Choose or type a name",
            accept_new_options=True,
            key="run_site",
            help="The glacier or basin that this run belongs to. Runs of one site form its series.",
        )
    with right:
        note = st.text_input(
            "Note",
            max_chars=LONGEST_NOTE,
            key="run_note",
            placeholder="What is worth remembering about this run?",
        )
    return (str(site).strip() or None) if site else None, note.strip()


def _ask_keep(tiles: Sequence[Candidate]) -> bool:
    """Whether the input goes to the archive, with what that costs."""
    paths = {file.path for tile in tiles for file in tile.files.bands.values()}
    size = sum(path.stat().st_size for path in paths if path.is_file())
    choice = st.segmented_control(
        "Input files",
        [KEEP, HASH_ONLY],
        default=KEEP,
        required=True,
        format_func=lambda way: f"{way} ({format_bytes(size)})" if way == KEEP else way,
        key="keep_input",
        help="A kept copy lets you repeat the run years later; the same content is kept once. With the hash "
        "only, the run can prove which file it saw, but you must keep the file yourself.",
    )
    return choice == KEEP
