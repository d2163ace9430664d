"""A run as one ZIP: what goes in comes out, and nothing else does."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import ExportError, HistoryError
from core.export.archive import compare_files, read_record, unpack, write_archive
from core.export.records import artifact_of, write_record
from core.runs import Run
from tests.core.export.runs import example_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder with three files and its record."""
    place = tmp_path / "stored"
    place.mkdir()
    contents = {"classes.tif": b"raster" * 999, "areas.csv": b"a,b\r\n", "figure.png": bytes(range(256))}
    for name, content in contents.items():
        (place / name).write_bytes(content)
    artifacts = tuple(artifact_of(name.split(".")[0], place / name) for name in contents)
    write_record(replace(example_run(), artifacts=artifacts), place)
    return place


@pytest.fixture
def run(folder: Path) -> Run:
    return read_record(folder)


@pytest.fixture
def packed(tmp_path: Path, folder: Path, run: Run) -> Path:
    path = tmp_path / "run.zip"
    with path.open("wb") as file:
        write_archive(run, folder, file)
    return path


def unpacked(path: Path, tmp_path: Path) -> Path:
    target = tmp_path / "unpacked"
    target.mkdir()
    unpack(path, target)
    return target


def write_zip(path: Path, *entries: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def test_a_run_goes_into_a_zip_and_comes_out_the_same(
    tmp_path: Path, folder: Path, run: Run, packed: Path
) -> None:
    target = unpacked(packed, tmp_path)
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    assert read_record(target) == run
    assert list(compare_files(run, target)) == []


def test_the_same_run_gives_the_same_bytes(folder: Path, run: Run, packed: Path) -> None:
    again = io.BytesIO()
    write_archive(run, folder, again)
    assert again.getvalue() == packed.read_bytes()


def test_the_input_goes_in_by_choice(tmp_path: Path, folder: Path, run: Run) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "files.json").write_text("{}")
    (kept / "blue.tif").write_bytes(b"pixels")
    with (tmp_path / "with.zip").open("wb") as file:
        write_archive(run, folder, file, kept)
    target = unpacked(tmp_path / "with.zip", tmp_path)
    assert (target / "input" / "blue.tif").read_bytes() == b"pixels"
    assert list(compare_files(run, target)) == []


def test_missing_altered_and_extra_files_are_named(run: Run, folder: Path) -> None:
    (folder / "figure.png").unlink()
    content = bytearray((folder / "classes.tif").read_bytes())
    content[10] ^= 1  # of the same length
    (folder / "classes.tif").write_bytes(content)
    (folder / "areas2.csv").touch()
    found = {difference.name: difference.what for difference in compare_files(run, folder)}
    assert found == {
        "classes.tif": "was altered",
        "figure.png": "is missing",
        "areas2.csv": "is not in the record",
    }


def test_a_run_that_lost_a_file_cannot_be_packed(folder: Path, run: Run) -> None:
    (folder / "areas.csv").unlink()
    with pytest.raises(ExportError, match="is not there"):
        write_archive(run, folder, io.BytesIO())


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.txt",
        "/etc/passwd",
        "a/b/c",
        "input/../../x",
        "..",
        "c:\\x",
        "input/",
        ".hidden",
        "a\nb",
        "ä.tif",
    ],
)
def test_a_name_that_no_run_has_is_refused_before_unpacking(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "bad.zip", ("run.json", b"{}"), (name, b"x"))
    with pytest.raises(ExportError, match="which no run has"):
        unpacked(path, tmp_path)
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_a_bomb_is_refused_before_unpacking(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", ("run.json", b"{}"), ("classes.tif", bytes(70_000_000)))
    assert path.stat().st_size < 100_000
    with pytest.raises(ExportError, match="would unpack to 70 MB, as no run does"):
        unpacked(path, tmp_path)
    assert list((tmp_path / "unpacked").iterdir()) == []


def test_a_zip_that_understates_its_sizes_gives_no_more_than_it_states(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "liar.zip", ("run.json", b"{}"), ("classes.tif", bytes(100_000)))
    content = path.read_bytes()
    small = content.replace(struct.pack("<I", 100_000), struct.pack("<I", 10))
    assert small != content
    path.write_bytes(small)
    with pytest.raises(ExportError, match="was damaged"):
        unpacked(path, tmp_path)
    assert sum(file.stat().st_size for file in (tmp_path / "unpacked").iterdir()) <= 20


def test_too_many_files_and_two_of_one_name_are_refused(tmp_path: Path) -> None:
    many = write_zip(tmp_path / "many.zip", ("run.json", b"{}"), *((f"f{n}.txt", b"") for n in range(300)))
    same = write_zip(tmp_path / "same.zip", ("run.json", b"{}"), ("RUN.json", b"{}"))
    for number, path in enumerate((many, same)):
        (tmp_path / str(number)).mkdir()
        with pytest.raises(ExportError, match="Nothing was unpacked"):
            unpack(path, tmp_path / str(number))


def test_what_is_no_zip_or_no_run_is_told(tmp_path: Path, packed: Path) -> None:
    (tmp_path / "text.zip").write_text("hello")
    cut = tmp_path / "cut.zip"
    cut.write_bytes(packed.read_bytes()[:-30])
    for number, path in enumerate((tmp_path / "text.zip", cut)):
        (tmp_path / str(number)).mkdir()
        with pytest.raises(ExportError, match="is no ZIP, or was damaged"):
            unpack(path, tmp_path / str(number))
    other = write_zip(tmp_path / "other.zip", ("photo.png", b"x"))
    with pytest.raises(ExportError, match=r"holds no run\.json"):
        unpacked(other, tmp_path)


def test_a_file_that_was_damaged_inside_the_zip_is_told(tmp_path: Path, packed: Path) -> None:
    content = packed.read_bytes()
    packed.write_bytes(content.replace(b"rasterraster", b"rasterRASTER", 1))
    with pytest.raises(ExportError, match=r"Bad CRC-32 for file 'classes\.tif'"):
        unpacked(packed, tmp_path)


def test_a_record_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(HistoryError, match="not the record of a run"):
        read_record(tmp_path)
    (tmp_path / "run.json").unlink()
    with pytest.raises(ExportError, match=r"holds no run\.json"):
        read_record(tmp_path)
