"""Scores of tiles: which pixels count, and what is pooled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from sklearn.metrics import matthews_corrcoef

from core.models import BINARY, MULTICLASS
from core.networks.weights import LoadedModel, ScoreSet
from core.types import Pixels
from tests.core.networks.test_weights import CARD
from tests.trainer.scenes import labelled_tile
from trainer.evaluate.scores import pooled_scores, tile_scores
from trainer.evaluate.tallies import tally
from trainer.labels import GLACIER, UNKNOWN
from trainer.predictions import PredictedTile, predict_tile
from trainer.reporting import score_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ClassInfo

TILE = labelled_tile(1)


def scored(labels: np.ndarray, classes: np.ndarray, size: int = 2, source: str = "field") -> PredictedTile:
    probabilities = np.moveaxis(np.eye(size, dtype=np.float32)[classes], -1, 0)
    tile = replace(TILE, labels=labels.astype(np.uint8), source=source)
    return PredictedTile(tile, classes.astype(np.uint8), probabilities)


def score(members: list[PredictedTile], classes: Sequence[ClassInfo]) -> tuple[ScoreSet, ...]:
    return pooled_scores([found for one in members for found in tally(one, classes)], classes)


def by_name(sets: tuple[ScoreSet, ...]) -> dict[str, ScoreSet]:
    return {one.on: one for one in sets}


def test_a_perfect_map_scores_1_and_pixels_without_data_count_in_all_pixels_only() -> None:
    sets = by_name(score([scored(TILE.labels, TILE.labels)], BINARY.classes))
    assert sets["field: valid pixels"].pixels == 64 * 64 - 16
    assert sets["field: all pixels"].pixels == 64 * 64
    assert sets["field: valid pixels"].mcc == sets["field: valid pixels"].mean_iou == 1
    assert sets["field: valid pixels"].calibration_error == pytest.approx(0)


def test_labels_where_there_is_no_data_are_missed_on_all_pixels() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[:4, :4] = 1  # exactly the pixels without data
    labels[-1, -1] = 1
    found = labels.copy()
    found[:4, :4] = 0
    sets = by_name(score([scored(labels, found)], BINARY.classes))
    assert sets["field: valid pixels"].mcc == 1
    assert sets["field: all pixels"].classes[1].recall == pytest.approx(1 / 17, abs=1e-4)


def test_tiles_of_a_source_are_pooled_and_sources_are_kept_apart() -> None:
    wrong = scored(TILE.labels, 1 - TILE.labels, source="other")
    right = scored(TILE.labels, TILE.labels)
    sets = by_name(score([right, wrong, right], BINARY.classes))
    assert sets["field: all pixels"].pixels == 2 * 64 * 64
    assert sets["other: valid pixels"].mcc == -1


def test_glacier_of_unknown_kind_counts_against_background_alone() -> None:
    labels = np.where(TILE.labels == 1, GLACIER, 0)
    labels[-1] = UNKNOWN
    found = np.where(TILE.labels == 1, 2, 0)
    sets = by_name(score([scored(labels, found, size=4)], MULTICLASS.classes))
    assert "field: valid pixels" not in sets  # whether it is debris is not known
    merged = sets["field: glacier and water against background, valid pixels"]
    assert merged.mcc == 1
    assert merged.pixels == 63 * 64 - 16


def test_tiles_that_know_no_kinds_do_not_count_where_kinds_do() -> None:
    coarse = scored(np.where(TILE.labels == 1, GLACIER, 0), np.where(TILE.labels == 1, 2, 0), size=4)
    fine = scored(TILE.labels * 2, TILE.labels * 2, size=4)
    none = scored(TILE.labels * 0, TILE.labels * 0, size=4)
    sets = by_name(score([coarse, fine, none], MULTICLASS.classes))
    assert sets["field: all pixels"].pixels == 2 * 64 * 64
    assert sets["field: glacier and water against background, all pixels"].pixels == 3 * 64 * 64


def test_a_class_without_pixels_has_no_score_and_prints() -> None:
    sets = score([scored(np.zeros((64, 64)), np.zeros((64, 64), int))], BINARY.classes)
    assert sets[0].classes[1].iou is None
    assert sets[0].mean_iou == 1
    assert any("glacier" in line and "IoU   -" in line for line in score_lines(sets))


def test_rules_of_whatever_name_stand_in_columns() -> None:
    (one, *_) = score([scored(TILE.labels, TILE.labels)], BINARY.classes)
    names = ("NDSI > 0.40", "colder than 275.5 K, best on these tiles")
    lines = score_lines([replace(one, method=name) for name in names])
    assert len({line.index("MCC") for line in lines}) == 1


def test_prediction_goes_through_the_apps_windows_and_leaves_no_data_as_background() -> None:
    network = torch.nn.Conv2d(5, 1, 1)
    torch.nn.init.zeros_(network.weight)
    torch.nn.init.ones_(network.bias)
    model = LoadedModel(
        BINARY, replace(CARD, temperature=2.0), network.requires_grad_(requires_grad=False), ""
    )
    found = predict_tile(TILE, model)
    assert (found.classes[:4, :4] == 0).all()
    assert (found.classes[4:] == 1).all()
    np.testing.assert_allclose(found.probabilities[1, 4:], 1 / (1 + np.exp(-0.5)), rtol=1e-5)


@pytest.mark.parametrize("size", [2, 4])
def test_the_correlation_is_scikit_learns(size: int) -> None:
    rng = np.random.default_rng(size)
    labels = rng.integers(0, size, TILE.labels.shape)
    found = np.where(rng.random(labels.shape) < 0.6, labels, rng.integers(0, size, labels.shape))
    classes = BINARY.classes if size == 2 else MULTICLASS.classes
    everything = by_name(score([scored(labels, found, size)], classes))["field: all pixels"]
    assert everything.mcc == pytest.approx(matthews_corrcoef(labels.ravel(), found.ravel()), abs=1e-4)


def test_means_are_over_the_classes_that_occur() -> None:
    labels = TILE.labels.copy()
    found = labels.copy()
    found[32:] = 0
    (_, one) = score([scored(labels, found, size=4)], MULTICLASS.classes)[:2]
    recalls = [each.recall for each in one.classes if each.recall is not None]
    assert len(recalls) == 2
    assert one.mean_recall == pytest.approx(np.mean(recalls), abs=1e-4)
    assert [each.found_px for each in one.classes] == [(found == k).sum() for k in range(4)]


def test_intervals_hold_the_score_and_widen_with_tiles_that_differ() -> None:
    def half_right(share: float) -> PredictedTile:
        found = TILE.labels.copy()
        found[: int(64 * share)] = 1 - found[: int(64 * share)]
        return scored(TILE.labels, found)

    alike = score([half_right(0.3)] * 6, BINARY.classes)[1]
    differing = score([half_right(share) for share in (0, 0.1, 0.2, 0.4, 0.5, 0.6)], BINARY.classes)[1]
    assert alike.mcc_interval == (alike.mcc, alike.mcc)
    assert differing.mcc_interval is not None
    low, high = differing.mcc_interval
    assert low < differing.mcc < high
    assert differing.classes[1].iou_interval is not None


def test_two_small_tiles_are_too_few_for_an_interval() -> None:
    assert score([scored(TILE.labels, TILE.labels)] * 2, BINARY.classes)[0].mcc_interval is None


def test_two_large_tiles_have_an_interval_over_their_squares_which_says_so() -> None:
    labels = np.zeros((512, 512), np.uint8)
    labels[:, 200:] = 1
    found = labels.copy()
    found[:100, 256:] = 0  # some squares are worse than others
    empty = Pixels(np.ones((5, 512, 512), np.float32), np.ones((512, 512), np.bool_))
    one = replace(scored(labels, found), tile=replace(TILE, labels=labels, pixels=empty, source="field"))
    few = score([one, one], BINARY.classes)[0]
    assert few.drawn_px == 128
    assert few.mcc_interval is not None
    low, high = few.mcc_interval
    assert low < few.mcc < high
    many = score([one] * 3, BINARY.classes)[0]
    assert many.drawn_px is None
    assert many.mcc_interval == (many.mcc, many.mcc)


def test_each_tile_has_scores_of_its_own() -> None:
    found = tile_scores(tally(scored(TILE.labels, TILE.labels), BINARY.classes), BINARY.classes)
    assert [one.on for one in found] == ["field/t01: valid pixels", "field/t01: all pixels"]


def test_a_set_says_whether_its_ground_is_made_up() -> None:
    real = scored(TILE.labels, TILE.labels)
    made = replace(real, tile=replace(real.tile, simulated=True))
    assert score([real, made], BINARY.classes)[0].simulated is False
    assert score([made, made], BINARY.classes)[0].simulated is True
