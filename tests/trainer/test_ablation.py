"""The ablation: each rung changes one thing, and costs the same."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import torch

from core.errors import TrainingError
from core.networks.cards import Rung
from core.types import Pixels
from tests.trainer.scenes import labelled_tile, tiny_network
from trainer.ablation import Ladder, climb, read_rungs, rungs, table_lines, write_rungs
from trainer.augmentation import Augmentation
from trainer.configuration import CONFIGS_DIR, read_configuration
from trainer.fitting import Materials
from trainer.labels import GLACIER
from trainer.module import SegmentationModule
from trainer.optimising import Hardware
from trainer.splits import SplitRule

if TYPE_CHECKING:
    from pathlib import Path

    from core.models import ModelSpec

REAL = [labelled_tile(seed) for seed in range(5)]
COARSE = [
    replace(tile, labels=tile.labels * GLACIER, name=f"c{n}", source="coarse") for n, tile in enumerate(REAL)
]
HARDWARE = Hardware("cpu", quiet=True)
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
    monkeypatch.setattr("trainer.keeping.train", None)  # what is there is not trained again
    assert climb(asked, tmp_path, Hardware("cpu", quiet=True)) == climbed


def short_ladder() -> Ladder:
    """Two rungs of the binary model: random and place split."""
    asked = ladder("binary")
    ours = replace(asked.ours, split=replace(asked.ours.split, folds=5), augmentation=Augmentation())
    return replace(asked, ours=ours, simulated=(), materials=Materials(REAL, asked.materials.tests))


@pytest.mark.usefixtures("small_network", "one_thread")
def test_the_scores_of_another_ladder_are_refused(tmp_path: Path) -> None:
    asked = short_ladder()
    climb(asked, tmp_path, HARDWARE)
    tests = asked.materials.tests
    brighter = Pixels(tests[0].pixels.values * 1.1, tests[0].pixels.valid)
    for other, message in (
        (replace(asked, steps=400, patch_px=128), "patches_per_epoch = 8, not 800; patch_px = 32, not 128."),
        (replace(asked, materials=Materials(REAL, tests[:1])), "abroad/t41 was testing."),
        (
            replace(asked, materials=Materials(REAL, [replace(tests[0], pixels=brighter), tests[1]])),
            "abroad/t40 had other pixels or labels.",
        ),
        (replace(asked, materials=Materials([*REAL, labelled_tile(9)], tests)), "field/t09 was not given."),
    ):
        with pytest.raises(TrainingError, match=rf"rung0 are of another training: {re.escape(message)}"):
            climb(other, tmp_path, HARDWARE)


@pytest.mark.usefixtures("small_network", "one_thread")
def test_scores_of_which_nothing_tells_what_made_them_are_refused(tmp_path: Path) -> None:
    climb(short_ladder(), tmp_path, HARDWARE)
    (tmp_path / "rung1" / "evaluation.json").write_text("{", "utf-8")
    with pytest.raises(TrainingError, match=r"rung1 are cut off .* Delete that folder"):
        climb(short_ladder(), tmp_path, HARDWARE)
    (tmp_path / "rung1" / "identity.json").unlink()
    with pytest.raises(TrainingError, match=r"rung1 are of an older version.* another --out"):
        climb(short_ladder(), tmp_path, HARDWARE)


@pytest.mark.usefixtures("small_network", "one_thread")
def test_a_rung_tells_the_steps_that_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    plain = SegmentationModule.training_step

    def step(
        module: SegmentationModule, batch: tuple[torch.Tensor, torch.Tensor], index: int
    ) -> torch.Tensor:
        taken.append(index)
        return plain(module, batch, index)

    monkeypatch.setattr(SegmentationModule, "training_step", step)
    climbed = climb(replace(short_ladder(), steps=6), tmp_path, HARDWARE)
    assert sum(rung.steps for rung in climbed) == len(taken) == 16


@pytest.mark.usefixtures("small_network", "one_thread")
def test_a_rung_that_changes_nothing_is_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = replace(ladder(), ours=replace(ladder().ours, augmentation=Augmentation()))
    exact = Materials(REAL, asked.materials.tests)
    asked = replace(
        asked, materials=exact, simulated=(), ours=replace(asked.ours, split=SplitRule("random", 5))
    )
    climbed = climb(asked, tmp_path, HARDWARE)
    assert [rung.adds for rung in climbed] == ["reference recipe"]
    for adds in ("place split", "augmentation", "partial labels"):
        assert f"The rung '{adds}' would change nothing here and is left out." in caplog.text


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


def test_the_folder_of_an_ablation_is_refused_with_the_file_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"is a folder; a file is needed\. Give the ablation\.json that"):
        read_rungs(tmp_path)
    write_rungs((Rung("reference recipe", 10, {"a": 0.5}),), tmp_path / "ablation.json")
    with pytest.raises(TrainingError, match=rf"Give {re.escape(str(tmp_path / 'ablation.json'))}\.$"):
        read_rungs(tmp_path)
