"""A whole training in small: it learns, it can be repeated, and what it writes the app can load."""

from __future__ import annotations

import os
import re
import shutil
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from affine import Affine
from huggingface_hub.errors import LocalEntryNotFoundError
from rasterio.crs import CRS
from safetensors.torch import load

from core.errors import TrainingError
from core.networks.cards import Stage, read_card
from core.networks.curves import read_curves
from core.networks.weights import load_model
from core.types import BANDS, Grid, Pixels
from tests.rasters import TRANSFORM
from tests.trainer.scenes import labelled_tile, tiny_network
from tests.trainer.small_trainings import QUICK, STEADY, TILES, KilledError, act_at_step, fit, kill
from trainer.alternatives import Alternative
from trainer.configuration import CONFIGS_DIR, read_configuration
from trainer.fitting import Materials, constants_of, train
from trainer.footprints import footprint_of
from trainer.labels import GLACIER, UNKNOWN
from trainer.losses import LOSSES
from trainer.module import WARM_UP, SegmentationModule
from trainer.optimising import Hardware
from trainer.predictions import predict_tile
from trainer.reporting import precision_lines
from trainer.settling import mix_in, round_kernels

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from core.networks.weights import LoadedModel
    from trainer.configuration import Schedule
    from trainer.datasets import LabelledTile
    from trainer.predictions import PredictedTile

pytestmark = pytest.mark.usefixtures("small_network", "one_thread")


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
    card = fit(TILES, QUICK, tmp_path)
    model = load_model(tmp_path / "binary.safetensors")
    assert model.card == card
    assert card.bands == BANDS
    assert card.split.training == ("field/t00", "field/t01", "field/t02")
    assert card.split.validation == ("field/t03",)
    assert card.limits == "A toy."
    assert "field: 3 tiles, valid pixels: " in card.trained_on
    valid, everything = (found for found in card.scores if not found.method)
    assert valid.on == "field: valid pixels"
    assert valid.pixels == 64 * 64 - 16
    assert everything.pixels == 64 * 64
    assert valid.mcc > 0.9
    assert card.half_precision_alike is not None
    assert card.half_precision_alike > 0.99
    assert card.calibration is not None
    assert card.temperature == card.calibration.temperature
    (data,) = card.data
    assert (data.name, data.training_tiles, data.validation_tiles, data.test_tiles) == ("field", 3, 1, 0)
    assert sum(data.class_px.values()) == 3 * (64 * 64 - 16)


def test_the_card_has_the_settings_as_data(tmp_path: Path) -> None:
    fit(TILES, replace(QUICK, epochs=1, class_weights=(1.0, 2.0), rare={1: 0.5}), tmp_path)
    settings = read_card(tmp_path / "binary.json").settings
    assert settings["losses"] == {"cross_entropy": 1.0, "dice": 1.0}
    assert settings["class_weights"] == [1.0, 2.0]
    assert settings["rare"] == {"1": 0.5}
    assert settings["split"] == {"kind": "place", "folds": 4, "fold": 3}
    assert not {"limits", "places", "origins"} & settings.keys()


def test_curves_are_kept_beside_the_weights(tmp_path: Path) -> None:
    card = fit(TILES, QUICK, tmp_path)
    rows = read_curves(tmp_path / "binary.curves.csv")
    assert [(row.epoch, row.step) for row in rows] == [(1, 6), (2, 12)]
    assert rows[0].loss is not None
    assert rows[1].loss is not None
    assert rows[1].loss < rows[0].loss
    assert set(rows[0].class_iou) == {"non_glacier", "glacier"}
    assert max(row.mean_iou or 0 for row in rows) == pytest.approx(card.scores[0].mean_iou, abs=1e-3)
    assert rows[0].learning_rate > rows[1].learning_rate  # one cycle ends low


@pytest.mark.parametrize(("epochs", "patches"), [(3, 8), (3, 24)])
def test_the_rate_of_the_curves_is_that_of_the_last_step_of_an_epoch(
    tmp_path: Path, epochs: int, patches: int
) -> None:
    fit(TILES, replace(QUICK, epochs=epochs, patches_per_epoch=patches), tmp_path)
    steps = patches // QUICK.batch
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], QUICK.learning_rate)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, QUICK.learning_rate, total_steps=epochs * steps, pct_start=WARM_UP
    )
    rates = []
    for _ in range(epochs * steps):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        cycle.step()
    rows = read_curves(tmp_path / "binary.curves.csv")
    assert [row.learning_rate for row in rows] == pytest.approx(rates[steps - 1 :: steps], rel=1e-3)
    assert rows[-1].learning_rate < 1e-4 * QUICK.learning_rate


def test_the_loss_of_the_curves_is_the_mean_over_the_patches_of_an_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SegmentationModule.training_step
    losses: list[tuple[float, int]] = []

    def step_and_note(module: SegmentationModule, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        loss = plain(module, batch, index)
        losses.append((float(loss.detach()), len(batch[0])))
        return loss

    monkeypatch.setattr(SegmentationModule, "training_step", step_and_note)
    fit(TILES, replace(QUICK, epochs=1, patches_per_epoch=10), tmp_path)
    assert [count for _, count in losses] == [4, 4, 2]
    (row,) = read_curves(tmp_path / "binary.curves.csv")
    assert row.loss == pytest.approx(sum(loss * count for loss, count in losses) / 10, abs=1e-4)


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    first, second, other = (
        fit(TILES, replace(QUICK, seed=seed), tmp_path / name)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.sha256 == second.sha256
    assert first.sha256 != other.sha256


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    whole = fit(TILES, STEADY, tmp_path / "whole")
    fit(TILES, replace(STEADY, epochs=1), tmp_path / "parts")
    fit(TILES, replace(STEADY, epochs=2), tmp_path / "parts")
    assert fit(TILES, STEADY, tmp_path / "parts").sha256 == whole.sha256
    kept = {file.name for file in (tmp_path / "parts" / "checkpoints").iterdir()}
    assert kept == {"best.ckpt", "last.ckpt"}


@pytest.mark.parametrize("schedule", ["one-cycle", "plateau", "constant"])
@pytest.mark.parametrize("step", [2, 6, 9, 11])
def test_a_training_that_was_killed_goes_on_at_its_step_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: Schedule, step: int
) -> None:
    asked = replace(STEADY, schedule=schedule, plateau_epochs=0, patience_epochs=5)
    monkeypatch.setattr("trainer.optimising.EVERY_STEPS", 2)
    whole = fit(TILES, asked, tmp_path / "whole")
    act_at_step(monkeypatch, step, kill)
    with pytest.raises(KilledError):
        fit(TILES, asked, tmp_path / "parts")
    again = fit(TILES, asked, tmp_path / "parts")
    assert again.sha256 == whole.sha256
    unbroken, resumed = (
        (tmp_path / name / "binary.curves.csv").read_text("utf-8") for name in ("whole", "parts")
    )
    assert resumed == unbroken


def test_ctrl_c_keeps_the_best_so_far_and_the_training_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = fit(TILES, STEADY, tmp_path / "whole")
    act_at_step(monkeypatch, 8, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.getsignal(signal.SIGINT)
    stopped = fit(TILES, STEADY, tmp_path / "parts")
    assert stopped.stage == Stage(epoch=1, epochs=3, step=6, finished=False)
    assert signal.getsignal(signal.SIGINT) is before
    assert load_model(tmp_path / "parts" / "binary.safetensors").card == stopped
    assert len(read_curves(tmp_path / "parts" / "binary.curves.csv")) == 1
    assert stopped.scores
    assert fit(TILES, STEADY, tmp_path / "parts").sha256 == whole.sha256


def test_ctrl_c_keeps_the_best_so_far_where_the_last_epoch_was_to_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_at_step(monkeypatch, 8, lambda: os.kill(os.getpid(), signal.SIGINT))
    card = fit(TILES, replace(STEADY, kept="last"), tmp_path)
    assert card.stage == Stage(epoch=1, epochs=3, step=6, finished=False)


def test_a_training_out_of_patience_stays_as_it_is(tmp_path: Path) -> None:
    still = replace(STEADY, patience_epochs=1, epochs=6, learning_rate=1e-12)
    first = fit(TILES, still, tmp_path)
    curves = (tmp_path / "binary.curves.csv").read_text("utf-8")
    assert len(read_curves(tmp_path / "binary.curves.csv")) == 2
    again = fit(TILES, still, tmp_path)
    assert (again.sha256, again.stage) == (first.sha256, first.stage)
    assert (tmp_path / "binary.curves.csv").read_text("utf-8") == curves


def test_a_training_begun_anew_knows_nothing_of_the_one_that_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit(TILES, STEADY, tmp_path)
    shutil.rmtree(tmp_path / "checkpoints")
    act_at_step(monkeypatch, 2, lambda: os.kill(os.getpid(), signal.SIGINT))
    card = fit(TILES, STEADY, tmp_path)
    assert card.stage is not None
    assert not card.stage.finished
    assert not read_curves(tmp_path / "binary.curves.csv")


def test_a_band_that_no_tile_taught_is_mute_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def without_thermal(tile: LabelledTile) -> LabelledTile:
        values = tile.pixels.values.copy()
        values[4] = np.nan
        return replace(tile, pixels=Pixels(values, tile.pixels.valid))

    card = fit([without_thermal(tile) for tile in TILES], QUICK, tmp_path)
    told = "No tile that taught had thermal infrared, so it is not looked at."
    assert told in card.limits
    assert told in caplog.text
    model = load_model(tmp_path / "binary.safetensors")
    with_it, without = (predict_tile(tile, model) for tile in (TILES[3], without_thermal(TILES[3])))
    np.testing.assert_array_equal(with_it.classes, without.classes)


@pytest.mark.parametrize(("step", "epochs"), [(3, []), (5, [1]), (17, [1, 2, 3])])
def test_ctrl_c_keeps_its_step_wherever_in_an_epoch_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, epochs: list[int]
) -> None:
    act_at_step(monkeypatch, step, lambda: os.kill(os.getpid(), signal.SIGINT))
    card = fit(TILES, STEADY, tmp_path)
    assert card.stage is not None
    assert card.stage.finished == (step == 17)  # nothing was left to stop
    assert card.stage.step == (4 if step == 3 else card.stage.epoch * 6)
    assert [row.epoch for row in read_curves(tmp_path / "binary.curves.csv")] == epochs
    again: list[int] = []
    act_at_step(monkeypatch, step + 1, lambda: again.append(step + 1))
    fit(TILES, STEADY, tmp_path)
    assert bool(again) == (step != 17)


def test_a_training_can_be_finished_as_it_is(tmp_path: Path) -> None:
    whole = fit(TILES, STEADY, tmp_path)
    assert whole.stage is not None
    assert whole.stage.finished
    fitted = train(Materials(TILES), STEADY, tmp_path, Hardware("cpu", quiet=True), steps=False)
    assert fitted is not None
    assert fitted.model.card.scores == whole.scores
    assert fitted.model.card.stage == whole.stage
    with pytest.raises(TrainingError, match="no training in"):
        train(Materials(TILES), STEADY, tmp_path / "none", Hardware("cpu", quiet=True), steps=False)


def test_a_training_goes_on_from_its_last_epoch_even_where_an_earlier_one_was_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = replace(QUICK, schedule="constant", learning_rate=1e-12)  # no epoch is better than the first
    fit(TILES, idle, tmp_path)
    steps: list[int] = []
    act_at_step(monkeypatch, 12, lambda: steps.append(12))
    fit(TILES, replace(idle, epochs=3), tmp_path)
    assert steps == [12]
    assert [row.epoch for row in read_curves(tmp_path / "binary.curves.csv")] == [1, 2, 3]


@pytest.mark.parametrize("name", ["ps1", "ps2", "ps2-later", "binary", "multiclass"])
def test_every_recipe_runs(tmp_path: Path, name: str) -> None:
    recipe = read_configuration(CONFIGS_DIR / f"{name}.toml")
    tiles = [labelled_tile(seed) for seed in range(recipe.split.folds)]
    small = replace(recipe, epochs=1, patches_per_epoch=8, patch_px=32, sources={})
    card = fit(tiles, small, tmp_path)
    assert card.split.kind == recipe.split.kind
    assert read_curves(tmp_path / f"{recipe.model}.curves.csv")


def test_tiles_that_neither_teach_nor_measure_are_scored_apart(tmp_path: Path) -> None:
    others = [labelled_tile(seed + 20, source="abroad") for seed in range(3)]
    card = fit(TILES, QUICK, tmp_path, tests=others)
    assert card.split.test == ("abroad/t20", "abroad/t21", "abroad/t22")
    assert "abroad: valid pixels" in {one.on for one in card.scores}
    assert {one.name: one.test_tiles for one in card.data} == {"abroad": 3, "field": 0}


@pytest.mark.parametrize(("east_px", "shared"), [(0, True), (500, False)])
def test_scores_on_another_date_of_ground_that_taught_are_said_to_flatter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, east_px: int, shared: bool
) -> None:
    def lying(tile: LabelledTile, east: int) -> LabelledTile:
        grid = Grid.of(CRS.from_epsg(32643), TRANSFORM * Affine.translation(east, 0), 64, 64)
        return replace(tile, footprint=footprint_of(grid))

    tiles = [lying(tile, 64 * number) for number, tile in enumerate(TILES)]
    later = lying(labelled_tile(0, source="later"), east_px)
    card = fit(tiles, replace(QUICK, epochs=1), tmp_path, tests=[later])
    told = "1 of 1 test tile of 'later' lies on ground that the training saw. Scores on such tiles flatter."
    assert card.limits == (f"{told} A toy." if shared else "A toy.")
    remedy = "Test on other ground, or leave that ground out of --data."
    warned = [record.getMessage() for record in caplog.records if record.name == "trainer.fitting"]
    assert warned == ([f"{told} {remedy}"] if shared else [])


def test_an_alternative_network_is_trained_without_an_entry_in_the_registry(tmp_path: Path) -> None:
    chosen = replace(QUICK, epochs=1, network=Alternative("resnet18", "unet", "scse"))
    fitted = train(Materials(TILES), chosen, tmp_path, Hardware("cpu", quiet=True))
    assert fitted is not None
    assert fitted.evaluation.sets


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Alternative("resnet35", "unet"), "has no encoder 'resnet35'. Did you mean 'resnet50' or 'resnet34'"),
        (Alternative("tu-nosuch"), "has no encoder 'tu-nosuch'. Take one that it has, such as resnet34."),
        (
            Alternative("mit_b0", "unetplusplus"),
            "The encoder 'mit_b0' does not go with the library's decoder 'unetplusplus': ",
        ),
    ],
)
def test_a_network_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, network: Alternative, message: str
) -> None:
    with pytest.raises(TrainingError, match=re.escape(message)):
        train(Materials(TILES), replace(QUICK, network=network), tmp_path, Hardware("cpu", quiet=True))


@pytest.mark.parametrize("network", [None, Alternative("resnet18")])
def test_pretrained_weights_that_cannot_be_fetched_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: Alternative | None
) -> None:
    def unreachable(*_args: object, **_kwargs: object) -> None:
        raise LocalEntryNotFoundError("Please check your connection")

    for builder in ("build_network", "build_alternative"):
        monkeypatch.setattr(f"trainer.fitting.{builder}", unreachable)
    chosen = replace(QUICK, network=network, encoder_weights="imagenet")
    with pytest.raises(
        TrainingError, match=r"could not be fetched: allow internet once, or leave encoder_weig"
    ):
        train(Materials(TILES), chosen, tmp_path, Hardware("cpu", quiet=True))


def test_without_partial_labels_tiles_with_outlines_alone_are_left_out_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    coarse = [replace(tile, labels=tile.labels * GLACIER, source="coarse") for tile in TILES]
    exact = replace(QUICK, model="multiclass", partial_labels=False, epochs=1)
    mixed = [replace(tile, name=f"m{tile.name}", source="field") for tile in coarse[:1]]
    card = fit([*TILES, *mixed, *coarse], exact, tmp_path)
    assert [one.name for one in card.data] == ["field"]
    assert caplog.messages[0] == (
        "Tiles left out: 4 of 4 of 'coarse', 1 of 5 of 'field'. They have outlines alone, and "
        "partial_labels = false takes surface classes."
    )


def test_where_all_tiles_have_outlines_alone_nothing_is_left_without_partial_labels(tmp_path: Path) -> None:
    coarse = [replace(tile, labels=tile.labels * GLACIER) for tile in TILES]
    with pytest.raises(TrainingError, match=r"All 4 tiles have outlines alone, which partial_labels = false"):
        fit(coarse, replace(QUICK, model="multiclass", partial_labels=False), tmp_path)


def test_start_weights_bring_their_constants(tmp_path: Path) -> None:
    fit(TILES, QUICK, tmp_path / "first")
    start = load_model(tmp_path / "first" / "binary.safetensors")
    moved = [labelled_tile(seed + 10) for seed in range(4)]
    card = fit(moved, replace(QUICK, epochs=1, learning_rate=1e-9), tmp_path / "second", init=start)
    assert card.means == start.card.means
    assert card.scores[0].mcc > 0.9  # what was learned is still there


def test_the_surface_model_learns_from_outlines_alone(tmp_path: Path) -> None:
    partial = [replace(tile, labels=tile.labels * GLACIER) for tile in TILES]
    card = fit(partial, replace(QUICK, model="multiclass"), tmp_path)
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


@pytest.mark.parametrize(("moved", "kept"), [(0.0, torch.float16), (10.0, torch.float32)])
def test_weights_whose_labels_half_precision_would_move_keep_single_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: float, kept: torch.dtype
) -> None:
    def rounding(network: torch.nn.Sequential) -> None:
        network[3].weight.detach().mul_(1 - moved)

    monkeypatch.setattr("trainer.fitting.round_kernels", rounding)
    card = fit(TILES, QUICK, tmp_path)
    path = tmp_path / "binary.safetensors"
    assert {tensor.dtype for tensor in load(path.read_bytes()).values() if tensor.ndim > 1} == {kept}
    assert load_model(path).card == card
    assert card.scores[0].mcc > 0.9  # of what the file holds, not of what the rounding made
    assert bool(precision_lines(card)) == (kept == torch.float32)


def test_what_is_scored_is_what_the_file_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scored = {}

    def watched(tile: LabelledTile, model: LoadedModel, **options: float) -> PredictedTile:
        scored.update({name: tensor.clone() for name, tensor in model.network.state_dict().items()})
        return predict_tile(tile, model, **options)

    monkeypatch.setattr("trainer.evaluate.evaluation.predict_tile", watched)
    fit(TILES, QUICK, tmp_path)
    stored = load_model(tmp_path / "binary.safetensors").network.state_dict()
    assert all(torch.equal(stored[name], tensor) for name, tensor in scored.items())


def test_the_temperature_of_the_card_is_fitted_on_the_held_out_tiles(tmp_path: Path) -> None:
    noisy = [*TILES[:3], replace(TILES[3], labels=1 - TILES[3].labels)]  # all that was learned is wrong there
    assert fit(noisy, QUICK, tmp_path).temperature > 5


def test_a_share_of_the_start_weights_is_averaged_into_what_was_trained() -> None:
    torch.manual_seed(1)
    start, trained = tiny_network(1), tiny_network(1)
    before = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
    mix_in(trained, start.state_dict(), 0.25)
    for name, tensor in trained.state_dict().items():
        expected = 0.75 * before[name] + 0.25 * start.state_dict()[name]
        torch.testing.assert_close(tensor, expected if tensor.is_floating_point() else before[name])


def test_the_last_epoch_counts_where_it_is_to_be_kept(tmp_path: Path) -> None:
    wished = replace(STEADY, kept="last", epochs=2)
    card = fit(TILES, wished, tmp_path)
    assert card.stage is not None
    assert card.stage.epoch == 2
    mixed = replace(wished, init_share=0.5)
    alone = load_model(tmp_path / "binary.safetensors")
    begun = Materials(TILES, init=alone)
    both = train(begun, mixed, tmp_path / "mixed", Hardware("cpu", quiet=True))
    unmixed = train(begun, wished, tmp_path / "unmixed", Hardware("cpu", quiet=True))
    assert both is not None
    assert unmixed is not None
    for name, tensor in both.model.network.state_dict().items():
        if tensor.is_floating_point():
            mean = (unmixed.model.network.state_dict()[name] + alone.network.state_dict()[name]) / 2
            torch.testing.assert_close(tensor, mean, atol=2e-3, rtol=2e-3)  # kernels are rounded
