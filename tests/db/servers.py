"""A PostgreSQL server of the tests' own, on a free port of the loopback and in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

BINARIES = "usr/lib/postgresql/*/bin"  # where Debian puts them, off the PATH
START_S = 30.0


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`, or None."""
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).parent
    found = sorted(folder for folder in Path("/").glob(BINARIES) if (folder / "postgres").exists())
    return found[-1] if found else None


@contextmanager
def running_server(binaries: Path) -> Iterator[str]:
    """The URL of a running server, without a database's name."""
    folder = Path(tempfile.mkdtemp(prefix="firnline-postgres-"))
    as_user: dict[str, Any] = {"cwd": folder}
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        as_user |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    data, port = folder / "data", _free_port()
    make = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "firnline",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "-N",
    ]
    subprocess.run(make, check=True, capture_output=True, timeout=120, **as_user)
    command = [binaries / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-F"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, **as_user)
    try:
        address = f"postgresql://firnline@127.0.0.1:{port}"
        _wait_for(address, server, folder / "log")
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown
        server.wait(START_S)
        shutil.rmtree(folder)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """The URL of a new, empty database on a server."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield f"{server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(f"{address}/postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
