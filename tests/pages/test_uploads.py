"""Uploads: copied at once, under names of Firnline's own, within limits, gone when dropped."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import TileError
from pages.parts import uploads
from pages.parts.uploads import drop, take_files, take_sample


class Handed(io.BytesIO):
    """A file of the uploader."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name, self.size = name, len(content)


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[[], Path]:
    def make() -> Path:
        folder = tmp_path / "uploads" / "one"
        folder.mkdir(parents=True)
        return folder

    return make


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.tif", "/etc/x.tif", "C:\\x.tif", "<img src=x>.tif", "a\0b.tif"]
)
def test_no_name_of_the_user_becomes_part_of_a_path(name: str, make_folder: Callable[[], Path]) -> None:
    taken = take_files([Handed(name, b"pixels")], None, make_folder)
    [path] = taken.files.values()
    assert taken.folder is not None
    assert path.parent == taken.folder
    assert path.stem.isalnum()
    assert path.suffix == ".tif"
    assert list(taken.files) == [name]
    assert path.read_bytes() == b"pixels"


def test_files_that_come_later_join_the_earlier(make_folder: Callable[[], Path]) -> None:
    first = take_files([Handed("a.tif", b"1"), Handed("b.tif", b"2")], None, make_folder)
    second = take_files([Handed("b.tif", b"new")], first, make_folder)
    assert second.folder == first.folder
    assert {name: path.read_bytes() for name, path in second.files.items()} == {
        "a.tif": b"1",
        "b.tif": b"new",
    }
    assert second.id != first.id
    assert first.files["b.tif"].read_bytes() == b"2"  # a job may still read it


def test_an_empty_file_is_refused_and_the_others_are_taken(make_folder: Callable[[], Path]) -> None:
    taken = take_files([Handed("a.tif", b"1"), Handed("void.tif", b"")], None, make_folder)
    assert list(taken.files) == ["a.tif"]
    assert "0 bytes" in taken.refused["void.tif"]


def test_too_many_files_are_refused_before_any_is_copied(
    make_folder: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_FILES", 2)
    with pytest.raises(TileError, match="2 is the most"):
        take_files([Handed(f"{n}.tif", b"1") for n in range(3)], None, make_folder)
    assert not (tmp_path / "uploads").exists()


def test_what_does_not_fit_on_the_disk_is_refused(
    make_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "SPARE_BYTES", 10**18)
    with pytest.raises(TileError, match="free on the disk"):
        take_files([Handed("a.tif", b"1")], None, make_folder)


def test_a_copy_that_fails_leaves_no_half_file(
    make_folder: Callable[[], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_file: object, copy: io.BufferedWriter) -> None:
        copy.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads, "_pour", full)
    with pytest.raises(TileError, match="No space left"):
        take_files([Handed("a.tif", b"1")], None, make_folder)
    assert list((tmp_path / "uploads" / "one").iterdir()) == []


def test_dropped_files_are_gone_and_the_sample_stays(make_folder: Callable[[], Path]) -> None:
    taken = take_files([Handed("a.tif", b"1")], None, make_folder)
    drop(taken)
    assert taken.folder is not None
    assert not taken.folder.exists()
    sample = take_sample()
    assert sample.is_sample
    drop(sample)
