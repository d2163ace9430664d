"""The command `python -m trainer failures`: pictures of the tiles that went worst, for the card."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import torch
import typer

from core.errors import TrainingError
from core.networks.cards import FailurePicture, read_card, write_card
from core.networks.stored import WEIGHTS_DIR
from core.networks.weights import load_model
from trainer.datasets import read_labelled_tiles, require_distinct
from trainer.destination import prepare_out, room_in
from trainer.evaluate.evaluation import evaluate_tiles, used_names
from trainer.evaluate.panels import draw_square
from trainer.evaluate.scores import first_of_tiles
from trainer.predictions import predict_tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from core.networks.weights import LoadedModel
    from trainer.datasets import LabelledTile

SUFFIX, QUALITY = ".webp", 80

ModelOption = Annotated[
    str, typer.Argument(help="A model's key, or a .safetensors file with its card beside it.")
]
DataOption = Annotated[
    list[Path],
    typer.Option("--data", help="Folder of labelled tiles that did not teach; may be given several times."),
]
ThreadsOption = Annotated[int, typer.Option(min=0, help="Processor threads; 0: all.")]


def failures(model: ModelOption, data: DataOption, threads: ThreadsOption = 0) -> None:
    """Draw the least accurate tile of each folder, put the pictures beside the card and name them there.

    The pictures show the tiles: take folders whose tiles may be passed on with the weights.
    """
    torch.set_num_threads(threads or os.cpu_count() or 1)
    require_distinct(data)
    card_path = (Path(model) if model.endswith(".safetensors") else WEIGHTS_DIR / model).with_suffix(".json")
    loaded = load_model(model)
    prepare_out(
        card_path.parent, "The pictures lie beside the card: copy the weights to a folder of your own."
    )
    drawn = [draw_worst(_untaught(folder, loaded), loaded) for folder in data]
    # Nothing is written before everything is drawn: card and pictures never tell of different tiles.
    before = read_card(card_path)
    told = tuple(picture for picture, _ in drawn)
    with room_in(card_path.parent):
        for picture, strip in drawn:
            strip.save(card_path.parent / picture.file, quality=QUALITY, method=6)
        write_card(replace(before, failure_pictures=told), card_path)
    for one in told:
        typer.echo(f"{one.file}: {one.tile}, MCC {one.mcc:.3f}, accuracy {one.accuracy:.3f}")
    for old in {one.file for one in before.failure_pictures} - {one.file for one in told}:
        (card_path.parent / old).unlink(missing_ok=True)


def _untaught(folder: Path, model: LoadedModel) -> tuple[LabelledTile, ...]:
    """The folder's tiles, none of which taught or measured.

    Raises:
        TrainingError: some did, by the card.
    """
    tiles = read_labelled_tiles(folder, model.spec)
    found = used_names(tiles, model.card)
    if found:
        raise TrainingError(
            f"{len(found)} of the tiles in {folder} taught or measured these weights, {found[0]} among them; "
            "the pictures show tiles that only tested. Give a folder of others."
        )
    return tiles


def draw_worst(tiles: Sequence[LabelledTile], model: LoadedModel) -> tuple[FailurePicture, Image.Image]:
    """The tile with the lowest accuracy on valid pixels, and its four pictures in one.

    Raises:
        TrainingError: no tile has a valid pixel whose label is known.
    """
    scores = first_of_tiles(evaluate_tiles(tiles, model).tiles)
    if not scores:
        raise TrainingError(
            f"No tile of '{tiles[0].source}' has labels on pixels with data. Give a folder whose tiles do."
        )
    name, score = min(scores.items(), key=lambda item: item[1].accuracy)
    tile = next(tile for tile in tiles if f"{tile.source}/{tile.name}" == name)
    one = predict_tile(tile, model)
    file = f"{model.spec.key}.{tile.source}{SUFFIX}"
    title, square = draw_square(one, model.spec)
    return FailurePicture(file, name, tile.simulated, title, score.mcc, score.accuracy), square
