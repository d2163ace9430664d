"""Dask clusters of the tests' own, on free ports of the loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
START_S = 60.0


@contextmanager
def local_cluster(workers: int = 2) -> Iterator[str]:
    """The address of a scheduler in this process; its workers are processes, replaced when they die."""
    import dask
    from distributed import LocalCluster

    giving_up = dask.config.set({"distributed.scheduler.allowed-failures": 1})  # three take their time
    with (
        giving_up,
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
        ) as opened,
    ):
        yield str(opened.scheduler_address)


@contextmanager
def scheduler_process(folder: Path, workers: int = 0) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler in a process of its own, with its address, and workers for it."""
    note = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    options = ("--no-dashboard", "--scheduler-file", str(note))
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    log = (folder / "scheduler.log").open("wb")
    # The scheduler does without Firnline: no PYTHONPATH, and another folder.
    processes = [subprocess.Popen([*command, *options], cwd=folder, stdout=log, stderr=log)]
    try:
        _wait_for(note)
        command = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny"]
        for _ in range(workers):
            options = ("--no-dashboard", "--scheduler-file", str(note))
            processes.append(subprocess.Popen([*command, *options], env=environment, stdout=log, stderr=log))

        yield json.loads(note.read_text())["address"], processes[0]
    finally:
        for process in processes:
            process.kill()
            process.wait(START_S)
        log.close()


def _wait_for(note: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if note.exists() and note.read_text().rstrip().endswith("}"):
            return
        time.sleep(0.1)
    raise RuntimeError("the Dask scheduler did not start")
