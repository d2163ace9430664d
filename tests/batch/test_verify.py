"""Verifying a run: from its ZIP to an exit code."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import batch.verification
from core.export.records import write_record
from core.networks.weights import load_model, save_model
from db.history import History
from tests.batch.forging import change_classes, pack, verify
from tests.batch.scenes import write_scene

if TYPE_CHECKING:
    from pathlib import Path

    from db.records import StoredRun


def test_a_zip_with_its_input_is_computed_anew_bit_for_bit(
    tmp_path: Path, history: History, stored: StoredRun
) -> None:
    path = pack(stored, tmp_path / "run.zip", history.input_folder(stored.run.tile.sha256))
    result = verify(path)
    assert "the same, bit for bit (4,096 px)" in result.output
    assert result.exit_code == 0


def test_without_input_the_hashes_alone_are_checked(tmp_path: Path, stored: StoredRun) -> None:
    result = verify(pack(stored, tmp_path / "run.zip"))
    assert "Files: all" in result.output
    assert "Not computed anew" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize("given", ["in/glacier.tif", "in"])
def test_the_input_may_be_given(tmp_path: Path, stored: StoredRun, given: str) -> None:
    result = verify(pack(stored, tmp_path / "run.zip"), "--input", tmp_path / given)
    assert "bit for bit" in result.output
    assert result.exit_code == 0


def test_a_renamed_input_is_found_by_its_content(tmp_path: Path, stored: StoredRun) -> None:
    (tmp_path / "in" / "glacier.tif").rename(tmp_path / "in" / "other.tif")
    write_scene(tmp_path / "in" / "glacier.tif", size=40)
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert "bit for bit" in result.output


def test_other_files_are_not_taken_for_the_input(tmp_path: Path, stored: StoredRun) -> None:
    other = write_scene(tmp_path / "other" / "glacier.tif", size=40)
    result = verify(pack(stored, tmp_path / "run.zip"), "--input", other)
    assert "are not the input of this run" in result.output
    assert result.exit_code == 2


def test_an_altered_file_is_named(tmp_path: Path, stored: StoredRun) -> None:
    (stored.folder / "areas.csv").write_bytes(b"class,area_km2\r\nglacier,99\r\n")
    (stored.folder / "probabilities.tif").unlink()
    result = verify(stored.folder)
    assert "ALTERED: areas.csv was altered." in result.output
    assert "ALTERED: probabilities.tif is missing." in result.output
    assert result.exit_code == 1


def test_areas_that_the_class_map_does_not_have_are_found_without_the_input(stored: StoredRun) -> None:
    path = stored.folder / "run.json"
    content = json.loads(path.read_text("utf-8"))
    content["areas"][1]["pixels"] += 5
    path.write_text(json.dumps(content), "utf-8")
    result = verify(stored.folder)
    assert "run.json has other areas than the class map" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(("pixels", "code", "verdict"), [(3, 0, "within"), (40, 1, "OUTSIDE")])
def test_a_result_may_differ_within_the_stated_tolerance(
    tmp_path: Path, stored: StoredRun, pixels: int, code: int, verdict: str
) -> None:
    change_classes(stored, pixels)
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert f"{pixels} of 4,096 px have another class" in result.output
    assert verdict in result.output
    assert result.exit_code == code


@pytest.mark.parametrize(
    ("engine", "code"), [("PyTorch 2.9.0 on NVIDIA H100", 0), ("PyTorch 2.9.0, float32", 1)]
)
def test_another_precision_may_change_more(tmp_path: Path, stored: StoredRun, engine: str, code: int) -> None:
    write_record(replace(stored.run, versions={**stored.run.versions, "engine": engine}), stored.folder)
    change_classes(stored, pixels=15)
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert result.exit_code == code, result.output
    assert f"tolerance {0.1 if code else 0.5} %" in result.output


def test_software_that_changed_is_named(tmp_path: Path, stored: StoredRun) -> None:
    write_record(replace(stored.run, versions={**stored.run.versions, "torch": "1.0"}), stored.folder)
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert "torch 1.0 then" in result.output


def test_weights_that_are_not_at_hand_are_told_and_may_be_given(
    tmp_path: Path, stored: StoredRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch.verification, "WEIGHTS_DIR", tmp_path / "none")
    result = verify(stored.folder, "--input", tmp_path / "in")
    assert "The weights of this run are not at hand" in result.output
    assert result.exit_code == 2
    model = load_model("binary")
    save_model(model.network, model.card, tmp_path / "again.safetensors")
    given = verify(stored.folder, "--input", tmp_path / "in", "--weights", tmp_path / "again.safetensors")
    assert "bit for bit" in given.output


def test_what_is_no_run_cannot_be_told(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")
    result = verify(tmp_path / "text.zip")
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert verify(tmp_path / "gone.zip").exit_code == 2
