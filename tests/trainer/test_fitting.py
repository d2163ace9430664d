"""A whole training in small: it learns, it can be repeated, and what it writes the app can load."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from core.networks.weights import load_model
from core.types import BANDS
from tests.trainer.scenes import labelled_tile, tiny_network
from trainer.augmentation import Augmentation
from trainer.configuration import Configuration
from trainer.fitting import constants_of, fit, round_kernels
from trainer.labels import GLACIER, UNKNOWN
from trainer.losses import LOSSES
from trainer.predictions import predict_tile
from trainer.splits import SplitRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.models import ModelSpec
    from core.networks.weights import LoadedModel
    from trainer.datasets import LabelledTile
    from trainer.predictions import PredictedTile

TILES = [labelled_tile(seed) for seed in range(4)]
QUICK = Configuration(
    model="binary",
    losses={"cross_entropy": 1.0, "dice": 1.0},
    learning_rate=3e-2,
    batch=4,
    epochs=2,
    patches_per_epoch=24,
    patch_px=32,
    schedule="one-cycle",
    split=SplitRule("place", 4, 3),
    augmentation=Augmentation(turns=True),
    limits="A toy.",
)


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network of a few hundred weights in place of the real ones."""

    def build(spec: ModelSpec, *, encoder_weights: str | None = None) -> torch.nn.Module:
        return tiny_network(1 if spec.has_threshold else len(spec.classes))

    monkeypatch.setattr("trainer.fitting.build_network", build)
    monkeypatch.setattr("core.networks.weights.build_network", build)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads cost more than they give on arrays this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_falls_on_one_batch(name: str) -> None:
    torch.manual_seed(0)
    network = tiny_network(4)
    labels = torch.from_numpy(TILES[0].labels[None].astype(int))
    labels[:, :8] = torch.where(labels[:, :8] == 1, GLACIER, UNKNOWN)
    x = torch.from_numpy(TILES[0].pixels.values[None]) - torch.tensor(constants_of(TILES).means).view(
        1, 5, 1, 1
    )
    optimiser = torch.optim.Adam(network.parameters(), 3e-2)
    losses = []
    for _ in range(60):
        loss = LOSSES[name](network(x), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.6 * losses[0]


def test_a_training_learns_and_its_weights_are_what_was_scored(tmp_path: Path) -> None:
    card = fit(TILES, QUICK, tmp_path, reproduce="python -m trainer fit binary", quiet=True)
    model = load_model(tmp_path / "binary.safetensors")
    assert model.card == card
    assert card.bands == BANDS
    assert card.split.training == ("t00", "t01", "t02")
    assert card.split.validation == ("t03",)
    assert card.limits == "A toy."
    assert "field: 3 tiles, valid pixels: " in card.trained_on
    valid, everything = (found for found in card.scores if not found.method)
    assert valid.on == "field: valid pixels"
    assert valid.pixels == 64 * 64 - 16
    assert everything.pixels == 64 * 64
    assert valid.mcc > 0.9
    assert (tmp_path / "curves" / "version_0" / "metrics.csv").read_text("utf-8").startswith("epoch,loss,")


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    first, second, other = (
        fit(TILES, replace(QUICK, seed=seed), tmp_path / name, quiet=True)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.sha256 == second.sha256
    assert first.sha256 != other.sha256


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    steady = replace(QUICK, schedule="constant", epochs=3, learning_rate=3e-3)
    whole = fit(TILES, steady, tmp_path / "whole", quiet=True)
    fit(TILES, replace(steady, epochs=1), tmp_path / "parts", quiet=True)
    fit(TILES, replace(steady, epochs=2), tmp_path / "parts", quiet=True)
    assert fit(TILES, steady, tmp_path / "parts", quiet=True).sha256 == whole.sha256
    kept = {file.name for file in (tmp_path / "parts" / "checkpoints").iterdir()}
    assert kept == {"best.ckpt", "last.ckpt"}


def test_a_training_goes_on_from_its_last_epoch_even_where_an_earlier_one_was_better(tmp_path: Path) -> None:
    idle = replace(QUICK, schedule="constant", learning_rate=1e-12)  # no epoch is better than the first
    fit(TILES, idle, tmp_path, quiet=True)
    fit(TILES, replace(idle, epochs=3), tmp_path, quiet=True)
    rows = (tmp_path / "curves" / "version_1" / "metrics.csv").read_text("utf-8").splitlines()[1:]
    epochs = {row.split(",")[0] for row in rows}
    assert "2" in epochs
    assert not {"0", "1"} & epochs


def test_start_weights_bring_their_constants(tmp_path: Path) -> None:
    fit(TILES, QUICK, tmp_path / "first", quiet=True)
    start = load_model(tmp_path / "first" / "binary.safetensors")
    moved = [labelled_tile(seed + 10) for seed in range(4)]
    card = fit(
        moved, replace(QUICK, epochs=1, learning_rate=1e-9), tmp_path / "second", init=start, quiet=True
    )
    assert card.means == start.card.means
    assert card.scores[0].mcc > 0.9  # what was learned is still there


def test_the_surface_model_learns_from_outlines_alone(tmp_path: Path) -> None:
    partial = [replace(tile, labels=tile.labels * GLACIER) for tile in TILES]
    card = fit(partial, replace(QUICK, model="multiclass"), tmp_path, quiet=True)
    merged = {one.on: one for one in card.scores if not one.method}[
        "field: glacier and water against background, valid pixels"
    ]
    assert merged.mcc > 0.9
    assert card.threshold is None


def test_kernels_are_rounded_and_vectors_are_not() -> None:
    network = tiny_network(1)
    with torch.no_grad():
        network[0].weight.fill_(0.1)
        network[0].bias.fill_(0.1)
    round_kernels(network)
    assert float(network[0].weight.detach()[0, 0, 0, 0]) == float(torch.tensor(0.1).half())
    assert float(network[0].bias.detach()[0]) == float(torch.tensor(0.1))


def test_what_is_scored_is_what_the_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scored = {}

    def watched(tile: LabelledTile, model: LoadedModel) -> PredictedTile:
        scored.update({name: tensor.clone() for name, tensor in model.network.state_dict().items()})
        return predict_tile(tile, model)

    monkeypatch.setattr("trainer.evaluate.evaluation.predict_tile", watched)
    fit(TILES, QUICK, tmp_path, quiet=True)
    stored = load_model(tmp_path / "binary.safetensors").network.state_dict()
    assert all(torch.equal(stored[name], tensor) for name, tensor in scored.items())


def test_the_temperature_of_the_card_is_fitted_on_the_held_out_tiles(tmp_path: Path) -> None:
    noisy = [*TILES[:3], replace(TILES[3], labels=1 - TILES[3].labels)]  # all that was learned is wrong there
    assert fit(noisy, QUICK, tmp_path, quiet=True).temperature > 5
