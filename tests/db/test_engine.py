"""Transactions that lose nothing, and refusals in words."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from core.errors import HistoryError
from core.runs import utc_now
from db import engine as db_engine
from db.engine import Database, make_database, plain_database_errors
from db.history import History, open_history
from db.location import find_location
from db.tables import SiteRow
from tests.db.runs import make_run, save_run

WRITERS, ROUNDS = 10, 20


@pytest.fixture
def database(local_history: History) -> Database:
    return local_history._database


def test_sqlite_writes_ahead_and_watches_foreign_keys(database: Database) -> None:
    with database.read() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA synchronous")) == 1  # NORMAL


def test_ten_writers_that_read_and_then_write_lose_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(SiteRow(id="counter", name="counter", name_key="counter", note="0", created_at=utc_now()))

    def count_up(_writer: int) -> None:
        for _ in range(ROUNDS):
            with database.write() as session:
                site = session.get_one(SiteRow, "counter")
                site.note = str(int(site.note) + 1)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(count_up, range(WRITERS)))
    with database.read() as session:
        assert session.get_one(SiteRow, "counter").note == str(WRITERS * ROUNDS)


def test_ten_threads_that_save_at_once_lose_nothing(history: History) -> None:
    runs = [make_run() for _ in range(30)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda run: save_run(history, run, site="Lahaul"), runs))
    assert {record.id for record in history.list_runs()} == {run.id for run in runs}
    assert [(site.name, site.runs) for site in history.sites()] == [("Lahaul", 30)]


def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    with database.read() as reader:
        assert reader.scalar(text("SELECT count(*) FROM site")) == 0
        with database.write() as writer:
            writer.add(SiteRow(name="new", name_key="new", created_at=utc_now()))
        assert reader.scalar(text("SELECT count(*) FROM site")) == 0


def test_a_failed_block_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(SiteRow(id="1", name="a", name_key="a", created_at=utc_now()))
        session.flush()
        session.add(SiteRow(id="2", name="A", name_key="a", created_at=utc_now()))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM site")) == 0


def test_a_file_that_is_no_database_is_refused_in_words(data_folder: Path) -> None:
    data_folder.mkdir()
    (data_folder / "firnline.sqlite3").write_bytes(b"certainly not a database " * 100)
    with pytest.raises(HistoryError, match="is not a Firnline database"):
        open_history(data_folder)


def test_a_locked_database_is_reported_in_words(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db_engine, "BUSY_TIMEOUT_S", 0.1)
    history = open_history(data_folder)
    other = sqlite3.connect(data_folder / "firnline.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError, match="kept locked by another program"):
        save_run(history, make_run())
    other.close()
    history.close()


def test_a_full_disk_is_reported_in_words_and_nothing_is_stored(data_folder: Path) -> None:
    history = open_history(data_folder)
    run = make_run(versions={"x": "y" * 1_000_000})
    with history._database.engine.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count={pages + 5}"))
    with pytest.raises(HistoryError, match="disk is full"):
        save_run(history, run)
    assert history.count_runs() == 0
    assert list(history.location.runs.iterdir()) == []
    history.close()


def test_a_server_that_does_not_answer_is_reported_in_words(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="cannot be reached"):
        open_history(tmp_path, "postgresql://nobody:secret@127.0.0.1:1/firnline")


@pytest.mark.parametrize("option", ["bogus=1", "connect_timeout=abc", "keepalives=abc"])
def test_an_option_that_the_driver_does_not_know_is_reported_in_words(option: str, tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"Correct what stands behind the '\?'"):
        open_history(tmp_path, f"postgresql://nobody@127.0.0.1:1/firnline?{option}")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("port 1 failed: Connection refused\n\tIs the server running on that host?", "nothing listens there"),
        ("connection is bad: No such file\n\tIs the server running locally?", "nothing listens there"),
        ("failed to resolve host 'nowhere': [Errno -2]", "no machine has that name"),
        ("connection timeout expired", "does not answer"),
        ('FATAL:  password authentication failed for user "me"', "that user with that password"),
        ("fe_sendauth: no password supplied", "asks for a password"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1"', "pg_hba.conf on the server"),
        ("FATAL:  sorry, too many clients already", "no connection free"),
        ("something that nobody foresaw", "cannot be reached or used"),
    ],
)
def test_what_a_server_refuses_is_told_apart(said: str, words: str) -> None:
    with pytest.raises(HistoryError, match=words), plain_database_errors("postgresql://me:***@host/x"):
        raise OperationalError("SELECT 1", {}, Exception(f"connection failed: {said}"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("disk I/O error", "Free some space there"),
        ("database or disk is full", "the disk is full"),
        ("could not extend file: No space left on device", "the disk is full"),
    ],
)
def test_a_disk_that_takes_no_more_is_told_whatever_the_database_calls_it(said: str, words: str) -> None:
    with pytest.raises(HistoryError, match=words), plain_database_errors("firnline.sqlite3"):
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError(said))


def test_a_missing_database_user_or_right_is_told_apart_and_no_password_shown(
    postgres_server: str, postgres_url: str, tmp_path: Path
) -> None:
    server = postgres_server.replace("//firnline@", "//{user}:secret@")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE weak LOGIN")
    name = postgres_url.rpartition("/")[2]
    cases = (("firnline", "missing", "createdb"), ("nobody", name, "createuser"), ("weak", name, "a right"))
    try:
        for user, database, words in cases:
            with pytest.raises(HistoryError, match=words) as refusal:
                open_history(tmp_path, f"{server.format(user=user)}/{database}")
            assert "secret" not in str(refusal.value)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("DROP ROLE weak")


def test_wrong_sql_stays_loud(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(SiteRow(name=None, name_key="x", created_at=utc_now()))


def test_making_a_database_connects_to_nothing(tmp_path: Path) -> None:
    make_database(find_location(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()
