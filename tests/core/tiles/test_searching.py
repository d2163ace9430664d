"""Searching a folder takes what may belong to a tile and says what it left out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import TileError
from core.tiles.searching import find_files, search
from tests.rasters import write_tile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _write(folder: Path, *names: str) -> list[Path]:
    return [write_tile(folder / name, np.full((4, 4), 9000, np.uint16)) for name in names]


def test_searching_a_folder_leaves_out_labels_sidecars_hidden_files_and_runs(tmp_path: Path) -> None:
    wanted = _write(tmp_path, "Band1/img001.tif", "deep/er/a.TIFF")
    _write(tmp_path, "labels/img001.tif", "label/Y_output_1.tif", ".cache/b.tif", "run/classes.tif")
    (tmp_path / "run/run.json").write_text("{}")
    (tmp_path / "Band1/img001.tif.aux.xml").write_text("<x/>")
    assert find_files(tmp_path) == sorted(wanted)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (outside,) = _write(tmp_path / "outside", "secret.tif")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.tif").symlink_to(outside)
    (inside / "folder").symlink_to(tmp_path / "outside", target_is_directory=True)
    assert find_files(inside) == []


def test_a_file_is_its_own_search_result_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    (path,) = _write(tmp_path, "a.tif")
    assert find_files(path) == [path]
    with pytest.raises(TileError, match="was not found"):
        find_files(tmp_path / "none")


def test_a_path_that_the_system_refuses_to_look_at_is_told_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(TileError, match=r"cannot be looked at .*[Nn]ame too long"):
        find_files(tmp_path / ("a" * 300))


def test_links_to_files_are_followed_where_the_user_named_the_folder(tmp_path: Path) -> None:
    (outside,) = _write(tmp_path / "store", "0815.tif")
    named = tmp_path / "named"
    named.mkdir()
    (named / "scene_B2.tif").symlink_to(outside)
    found = search(named, links=True)
    assert found.files == (named / "scene_B2.tif",)  # under the link's name, which tells the band
    assert found.unplaced == ()


def test_links_that_are_not_followed_are_named_with_the_reason(tmp_path: Path) -> None:
    _write(tmp_path / "store", "0815.tif")
    named = tmp_path / "named"
    (kept,) = _write(named / "below", "kept.tif")
    (named / "folder").symlink_to(tmp_path / "store", target_is_directory=True)
    (named / "gone.tif").symlink_to(tmp_path / "nowhere.tif")
    (named / "circle").symlink_to(named, target_is_directory=True)  # all in it is found anyway
    found = search(named, links=True)
    assert found.files == (kept,)
    assert [left.name for left in found.unplaced] == ["folder", "gone.tif"]
    assert "Name that folder itself" in found.unplaced[0].reason
    assert "nowhere.tif" in found.unplaced[1].reason


def test_a_folder_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = _write(tmp_path / "open", "kept.tif")
    _write(tmp_path / "shut", "lost.tif")
    scan = os.scandir

    def refuse(folder: str) -> object:  # root, who runs some of these tests, may read everything
        if str(folder).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = search(tmp_path, links=True)
    assert found.files == (kept,)
    (left,) = found.unplaced
    assert left.name == "shut"
    assert "Permission denied" in left.reason


def test_a_subfolder_of_a_folder_that_may_be_listed_but_not_entered_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (kept,) = _write(tmp_path, "kept.tif")
    _write(tmp_path / "listed", "a.tif", "below/lost.tif")

    def refusing(call: Callable[..., object]) -> Callable[..., object]:
        def ask(path: object, **how: object) -> object:  # root, who runs some of these tests, may ask all
            if str(path).startswith(f"{tmp_path / 'listed'}{os.sep}"):
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, **how)

        return ask

    for name in ("stat", "lstat", "scandir"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    found = search(tmp_path, links=True)
    assert found.files == (kept,)
    assert [left.name for left in found.unplaced] == ["listed/a.tif", "listed/below"]
    assert all("Permission denied" in left.reason for left in found.unplaced)


def test_a_link_to_a_hidden_folder_is_named_with_the_reason(tmp_path: Path) -> None:
    _write(tmp_path, ".store/deep/lost.tif")
    for name, target in (("scenes", ".store"), ("deep", ".store/deep")):
        (tmp_path / name).symlink_to(tmp_path / target, target_is_directory=True)
    found = search(tmp_path, links=True)
    assert found.files == ()
    assert [left.name for left in found.unplaced] == ["deep", "scenes"]
    assert all("Name that folder itself" in left.reason for left in found.unplaced)
