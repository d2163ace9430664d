"""Several workers give what one process gives, and every tile ends up once, whoever is killed."""

from __future__ import annotations

import socket
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from core.crews import connecting
from db.history import open_history
from tests.batch.killing import one_worker_killed
from tests.batch.scenes import batch, runs_below, write_scenes

if TYPE_CHECKING:
    from pathlib import Path

    from core.runs import Run

pytestmark = pytest.mark.timeout(900)  # workers import everything anew, which takes long on a busy machine

RASTERS = ("classes", "probabilities")


@pytest.fixture(params=["processes", "dask"])
def crew(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The options that choose who works."""
    if request.param == "processes":
        return "--workers", "2"
    return "--scheduler", request.getfixturevalue("scheduler")


def _rasters(runs: dict[str, Run]) -> dict[str, list[str]]:
    return {
        place: [artifact.sha256 for artifact in run.artifacts if artifact.kind in RASTERS]
        for place, run in runs.items()
    }


def test_workers_give_the_rasters_and_areas_of_one_process(tmp_path: Path, crew: tuple[str, str]) -> None:
    scenes = write_scenes(tmp_path / "in", 3, size=96)
    (scenes / "bad.tif").write_bytes(b"this is no TIFF")
    alone = batch(scenes, "--out", tmp_path / "alone", "--no-history")
    shared = batch(scenes, "--out", tmp_path / "shared", "--no-history", *crew)
    assert alone.exit_code == shared.exit_code == 1
    assert "FAILED bad" in shared.output
    ours, theirs = runs_below(tmp_path / "alone"), runs_below(tmp_path / "shared")
    assert len(ours) == 6
    assert _rasters(ours) == _rasters(theirs)
    assert {place: run.areas for place, run in ours.items()} == {
        place: run.areas for place, run in theirs.items()
    }


# Who saves at once is tested for each database in tests/db: here each crew meets one of them.
@pytest.mark.parametrize(
    ("crew", "database"), [("processes", "sqlite"), ("dask", "postgresql")], indirect=["crew"]
)
def test_a_killed_workers_tile_is_done_again_and_recorded_once(
    tmp_path: Path,
    private_data_folder: Path,
    crew: tuple[str, str],
    database: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if database == "postgresql":
        monkeypatch.setenv("FIRNLINE_DATABASE_URL", request.getfixturevalue("postgres_url"))
    scenes, out = write_scenes(tmp_path / "in", 3, size=192), tmp_path / "out"
    with one_worker_killed((out, private_data_folder)) as killed:
        result = batch(scenes, "--model", "binary", "--out", out, *crew)
    assert len(killed) == 1
    assert result.exit_code == 0, result.output
    written = runs_below(out)
    assert set(written) == {f"scene{n}/binary" for n in range(3)}
    assert {path.name for path in out.iterdir()} == {f"scene{n}" for n in range(3)}  # no claim, no half
    history = open_history()
    kept = Counter(record.tile_name for record in history.list_runs())
    assert kept == Counter(f"scene{n}" for n in range(3))
    assert {record.id for record in history.list_runs()} == {run.id for run in written.values()}
    folders = history.location.runs, history.location.staging, history.location.claims
    assert [len(list(folder.iterdir())) for folder in folders] == [3, 0, 0]
    history.close()


def test_a_killed_workers_tile_is_written_again_where_no_history_keeps_it(
    tmp_path: Path, crew: tuple[str, str]
) -> None:
    scenes, out = write_scenes(tmp_path / "in", 3, size=192), tmp_path / "out"
    with one_worker_killed((out,)) as killed:
        result = batch(scenes, "--model", "binary", "--out", out, "--no-history", *crew)
    assert len(killed) == 1
    assert result.exit_code == 0, result.output
    assert set(runs_below(out)) == {f"scene{n}/binary" for n in range(3)}
    assert {path.name for path in out.iterdir()} == {f"scene{n}" for n in range(3)}  # no claim, no half


def test_a_scheduler_that_is_not_there_ends_the_batch_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "CONNECT_S", 1.0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{probe.getsockname()[1]}"
    scenes = write_scenes(tmp_path / "in", 1)
    result = batch(scenes, "--model", "binary", "--out", tmp_path / "out", "--scheduler", nobody)
    assert result.exit_code == 3
    assert f"No Dask scheduler answers at {nobody}" in result.output
    assert "Tiles mapped" not in result.output  # nothing was begun


def test_a_local_database_is_not_shared_with_other_machines(tmp_path: Path) -> None:
    scenes = write_scenes(tmp_path / "in", 1)
    arguments = (scenes, "--model", "binary", "--out", tmp_path / "out", "--scheduler", "tcp://10.1.2.3:8786")
    result = batch(*arguments)
    assert result.exit_code == 2
    assert "Name a PostgreSQL database" in " ".join(result.output.split())


def test_workers_here_and_a_cluster_are_not_chosen_together(tmp_path: Path) -> None:
    scenes = write_scenes(tmp_path / "in", 1)
    both = ("--workers", "2", "--scheduler", "tcp://127.0.0.1:8786")
    assert batch(scenes, "--out", tmp_path / "out", *both).exit_code == 2
