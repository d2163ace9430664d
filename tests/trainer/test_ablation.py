"""The ablation: each rung changes one thing, and costs the same."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import torch

from core.errors import TrainingError
from core.networks.cards import Rung
from tests.trainer.scenes import labelled_tile, tiny_network
from trainer.ablation import Ladder, climb, read_rungs, rungs, table_lines, write_rungs
from trainer.configuration import CONFIGS_DIR, read_configuration
from trainer.fitting import Materials
from trainer.labels import GLACIER
from trainer.optimising import Hardware

if TYPE_CHECKING:
    from pathlib import Path

    from core.models import ModelSpec

REAL = [labelled_tile(seed) for seed in range(5)]
COARSE = [
    replace(tile, labels=tile.labels * GLACIER, name=f"c{n}", source="coarse") for n, tile in enumerate(REAL)
]
MADE = [labelled_tile(seed + 20, source="made") for seed in range(5)]


def ladder(model: str = "multiclass") -> Ladder:
    reference = read_configuration(CONFIGS_DIR / ("ps1.toml" if model == "binary" else "ps2.toml"))
    ours = replace(read_configuration(CONFIGS_DIR / f"{model}.toml"), half_precision=False)
    tests = [labelled_tile(seed + 40, source="abroad") for seed in range(2)]
    return Ladder(reference, ours, Materials([*REAL, *COARSE], tests), MADE, steps=4, patch_px=32)


def test_each_rung_changes_one_thing() -> None:
    climbed = list(rungs(ladder()))
    assert [adds for adds, _, _ in climbed] == [
        "reference recipe",
        "place split",
        "augmentation",
        "simulation",
        "partial labels",
    ]
    changes = []
    for (_, before, tiles_before), (_, after, tiles_after) in pairwise(climbed):
        earlier, later = asdict(before), asdict(after)
        changed = {name for name in earlier if earlier[name] != later[name]}
        if len(tiles_after) != len(tiles_before):
            changed = {"tiles"}
        changes.append(changed)
    assert changes == [{"split"}, {"augmentation"}, {"tiles"}, {"partial_labels"}]


def test_the_data_are_split_into_as_many_parts_on_every_rung() -> None:
    splits = [one.split for _, one, _ in rungs(ladder())]
    assert [split.kind for split in splits[:2]] == ["random", "place"]
    assert {split.folds for split in splits} == {ladder().ours.split.folds}


def test_every_rung_takes_the_same_steps() -> None:
    taken = {
        one.epochs * -(-one.patches_per_epoch // one.batch)
        for model in ("binary", "multiclass")
        for _, one, _ in rungs(ladder(model))
    }
    assert taken == {4}


def test_outlines_are_no_news_to_the_binary_model() -> None:
    assert [adds for adds, _, _ in rungs(ladder("binary"))][-1] == "simulation"


def test_the_ladder_is_trained_scored_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(spec: ModelSpec, *, encoder_weights: str | None = None) -> torch.nn.Module:
        return tiny_network(1 if spec.has_threshold else len(spec.classes))

    monkeypatch.setattr("trainer.fitting.build_network", build)
    asked = replace(ladder(), ours=replace(ladder().ours, split=replace(ladder().ours.split, folds=5)))
    climbed = climb(asked, tmp_path, Hardware("cpu", quiet=True))
    assert len(climbed) == 5
    assert all("abroad: valid pixels" in rung.scores for rung in climbed)
    write_rungs(climbed, tmp_path / "ablation.json")
    assert read_rungs(tmp_path / "ablation.json") == climbed
    monkeypatch.setattr("trainer.ablation.train", None)  # what is there is not trained again
    assert climb(asked, tmp_path, Hardware("cpu", quiet=True)) == climbed


def test_the_table_has_a_row_a_rung_and_gaps_where_nothing_was_scored() -> None:
    lines = table_lines([Rung("reference recipe", 10, {"a": 0.5}), Rung("place split", 10, {"b": 0.25})])
    assert lines[0] == "| rung | steps | a | b |"
    assert lines[2:] == ["| reference recipe | 10 | 0.500 | - |", "| + place split | 10 | - | 0.250 |"]


def test_an_ablation_that_is_not_there_or_spoilt_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no ablation"):
        read_rungs(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_rungs(tmp_path / "bad.json")
