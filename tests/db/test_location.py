"""Where the history lives, and what is said when it cannot."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from filelock import FileLock

from core.errors import HistoryError
from db.__main__ import main
from db.files import locked, plain_file_errors
from db.history import open_history
from db.location import find_location, make_folders


def test_the_environment_names_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRNLINE_DATA", str(tmp_path / "elsewhere"))
    location = find_location()
    assert location.folder == tmp_path / "elsewhere"
    assert location.database_file == tmp_path / "elsewhere" / "firnline.sqlite3"


def test_arguments_overrule_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRNLINE_DATABASE_URL", "postgresql://host/one")
    location = find_location(tmp_path, f"sqlite:///{tmp_path}/own.sqlite3")
    assert location.database_file == tmp_path / "own.sqlite3"


def test_without_a_setting_the_users_data_folder_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FIRNLINE_DATA")
    assert find_location().folder.name == "Firnline"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_urls_are_understood_with_and_without_a_driver(scheme: str) -> None:
    location = find_location(Path("data"), f"{scheme}://someone:secret@host:5432/firnline")
    assert location.url.drivername == "postgresql+psycopg"
    assert location.database_file is None


def test_a_password_is_never_shown() -> None:
    assert "secret" not in find_location(Path("data"), "postgresql://me:secret@host/firnline").place


def test_a_relative_database_is_the_same_file_for_workers_in_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    location = find_location(tmp_path / "data", "sqlite:///own.sqlite3")
    address = location.url.render_as_string(hide_password=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert location.database_file == tmp_path / "own.sqlite3"
    assert find_location(location.folder, address) == location


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file::memory:?uri=true",
        "sqlite:///file:?uri=true",
        "sqlite:///file:shared?mode=memory&cache=shared&uri=true",
        "sqlite:///file:own.sqlite3?uri=true",
        "sqlite:////",
    ],
)
def test_a_url_that_cannot_serve_is_refused_in_words(url: str) -> None:
    with pytest.raises(HistoryError, match=r"Name a file|Write it like"):
        find_location(Path("data"), url)


def test_an_unknown_kind_of_database_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="No driver for 'oracle2'"):
        open_history(tmp_path, "oracle2://host/firnline")


def test_a_file_in_place_of_the_data_folder_is_refused_in_words(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.write_text("a file")
    with pytest.raises(HistoryError, match=r"data"):
        open_history(place)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_refused_in_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HistoryError, match="may not write"):
        make_folders(find_location(tmp_path / "data"))


def test_a_data_folder_that_became_read_only_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIRNLINE_DATA", str(tmp_path))
    assert main() == 0
    capsys.readouterr()

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "firnline.lock")

    monkeypatch.setattr(FileLock, "acquire", refuse)  # root, who runs some of these tests, may write anywhere
    assert main() == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"Firnline may not write to {tmp_path}.")
    assert "FIRNLINE_DATA" in said.err


def test_a_database_folder_that_may_not_be_written_is_told_by_the_variable_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "elsewhere" / "firnline.sqlite3"

    def refuse(lock: FileLock, **_options: object) -> None:  # root, who runs some of these tests, may write
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), lock.lock_file)

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(HistoryError, match=r"not write to .*elsewhere\..*\(FIRNLINE_DATABASE_URL\)"):
        open_history(tmp_path / "data", f"sqlite:///{place}")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no folder in which nothing can be made")
def test_a_folder_in_which_no_lock_can_be_made_is_refused_at_once() -> None:
    with (
        pytest.raises(HistoryError, match=r"No such file|may not write"),
        locked(Path("/proc/firnline.lock"), timeout_s=1.0),
    ):
        pass


@pytest.mark.parametrize(
    ("number", "words"), [("ENOSPC", "is full"), ("EACCES", "may not write"), ("EIO", "Check the file")]
)
def test_what_the_operating_system_refuses_becomes_a_sentence(
    number: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(HistoryError, match=words), plain_file_errors(tmp_path):
        code = getattr(errno, number)
        raise OSError(code, os.strerror(code))
