"""Weights and cards: what is saved is what is loaded, and anything else is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from core.errors import ModelError, WeightsError
from core.models import BINARY
from core.networks.catalogue import build_network
from core.networks.weights import Card, Split, load_card, load_model, normalise, save_model
from core.runs import utc_now
from core.types import BANDS, Pixels

if TYPE_CHECKING:
    from pathlib import Path

CARD = Card(
    model="binary",
    architecture="unet-32-512",
    bands=BANDS,
    means=(0.5, 0.5, 0.5, 0.1, 260.0),
    stds=(0.25, 0.25, 0.25, 0.05, 10.0),
    threshold=0.5,
    temperature=1.25,
    status="preliminary",
    trained_on="nothing",
    split=Split("place", ("a",), ("b",)),
    scores=(),
    limits="",
    reproduce="",
    created_on=utc_now(),
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Card, torch.nn.Module]:
    """A folder with weights, their card, and the network they were saved from."""
    torch.manual_seed(1)
    network = build_network(BINARY).eval()
    folder = tmp_path_factory.mktemp("weights")
    return folder, save_model(network, CARD, folder / "binary.safetensors"), network


@pytest.fixture
def folder(saved: tuple[Path, Card, torch.nn.Module], tmp_path: Path) -> Path:
    """A copy of the saved weights that a test may spoil."""
    for file in saved[0].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def test_loaded_weights_give_the_logits_of_those_saved(saved: tuple[Path, Card, torch.nn.Module]) -> None:
    folder, card, network = saved
    model = load_model("binary", folder)
    x = torch.randn(1, 5, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(
            model.network(x), network(x), atol=1e-2, rtol=1e-2
        )  # half precision on disk
    assert model.card == card == load_card("binary", folder)
    assert model.weights_sha256 == card.sha256
    assert not model.network.training
    assert next(model.network.parameters()).dtype == torch.float32


def test_saving_loaded_weights_again_changes_nothing(folder: Path, tmp_path: Path) -> None:
    model = load_model(folder / "binary.safetensors")
    again = save_model(model.network, model.card, tmp_path / "again" / "binary.safetensors")
    assert again.sha256 == model.weights_sha256


def test_nothing_is_left_beside_weights_and_card(saved: tuple[Path, Card, torch.nn.Module]) -> None:
    assert {file.name for file in saved[0].iterdir()} == {"binary.safetensors", "binary.json"}


@pytest.mark.parametrize("position", [0, 5_000_000, -1])
def test_one_altered_byte_is_noticed(folder: Path, position: int) -> None:
    path = folder / "binary.safetensors"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"binary\.safetensors were altered"):
        load_model("binary", folder)


def test_missing_weights_say_how_to_make_them(folder: Path) -> None:
    (folder / "binary.safetensors").unlink()
    with pytest.raises(WeightsError, match="python -m trainer fit binary"):
        load_model("binary", folder)


def test_a_missing_card_is_named(folder: Path) -> None:
    (folder / "binary.json").unlink()
    with pytest.raises(WeightsError, match=r"no card binary\.json"):
        load_model(folder / "binary.safetensors")


@pytest.mark.parametrize("text", ["", "{", '{"model": "binary"}', "[]"])
def test_a_card_that_cannot_be_read_is_refused(folder: Path, text: str) -> None:
    (folder / "binary.json").write_text(text, "utf-8")
    with pytest.raises(WeightsError, match=r"card binary\.json cannot be read"):
        load_card("binary", folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "lidar"}, "'lidar'"),
        ({"architecture": "transformer"}, "'unet-32-512'"),
        ({"bands": ("red", "green", "blue", "swir1", "thermal")}, "bands blue, green"),
        ({"means": (0.5,)}, "5 finite means"),
        ({"means": (0.5, 0.5, float("nan"), 0.1, 260.0)}, "5 finite means"),
        ({"stds": (0.2, 0.2, 0.0, 0.2, 9.0)}, "stds above 0"),
        ({"temperature": 0.0}, "temperature above 0"),
        ({"threshold": None}, "needs a threshold"),
        ({"threshold": 1.5}, "between 0 and 1"),
    ],
)
def test_a_card_that_does_not_fit_its_model_is_refused(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    card = replace(CARD, **changes)  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match=message):
        save_model(torch.nn.Conv2d(1, 1, 1), card, tmp_path / "binary.safetensors")
    assert not list(tmp_path.iterdir())


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    save_model(torch.nn.Conv2d(5, 1, 1), CARD, folder / "binary.safetensors")
    with pytest.raises(WeightsError, match="does not hold weights of the model 'binary'"):
        load_model("binary", folder)


def test_a_card_under_another_models_name_is_refused(folder: Path) -> None:
    (folder / "binary.json").rename(folder / "multiclass.json")
    with pytest.raises(WeightsError, match="is for the model 'binary'"):
        load_card("multiclass", folder)


def test_an_unknown_key_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model 'lidar'"):
        load_model("lidar", tmp_path)


def test_normalised_pixels_are_0_where_nothing_is_known() -> None:
    values = np.full((5, 1, 3), 1.0, np.float32)
    values[4] = 270.0
    values[3] = np.nan  # a band that is missing
    pixels = Pixels(values, np.array([[True, True, False]]))
    normalised = normalise(pixels, CARD)
    assert normalised.dtype == np.float32
    assert normalised[:, 0].tolist() == [[2, 2, 0], [2, 2, 0], [2, 2, 0], [0, 0, 0], [1, 1, 0]]
