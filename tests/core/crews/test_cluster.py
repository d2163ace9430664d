"""A Dask cluster does every item once, whoever dies meanwhile; its failures are sentences, and in time."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from core.crews import cluster as crew
from core.crews import connecting
from core.crews.cluster import work_on_cluster
from core.crews.work import Ended
from core.errors import Cancelled, ClusterError
from tests.core.crews.clusters import local_cluster, scheduler_process
from tests.core.crews.pieces import Piece, do, ignore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with local_cluster() as opened:
        yield opened


def test_every_item_ends_once_with_its_result_or_its_error(address: str, tmp_path: Path) -> None:
    errors = {2: "bad tile", 3: "defect"}
    pieces = [Piece(tmp_path, n, error=errors.get(n, "")) for n in range(12)]
    ended = sorted(work_on_cluster(do, pieces, address, ignore), key=lambda e: e.number)
    assert [e.number for e in ended] == list(range(12))
    assert ended[2] == Ended(2, error="bad tile")
    assert "ZeroDivisionError" in (ended[3].error or "")
    assert [e.result for e in ended if e.error is None] == [2 * n for n in range(12) if n not in errors]
    workers = {path.read_text() for piece in pieces for path in piece.begun}
    assert str(os.getpid()) not in workers


def test_an_item_whose_worker_is_killed_is_given_to_another(address: str, tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, steps=4, deaths=1 if n == 1 else 0) for n in range(4)]
    ended = sorted(work_on_cluster(do, pieces, address, ignore), key=lambda e: e.number)
    assert [e.result for e in ended] == [0, 2, 4, 6]
    assert len(pieces[1].begun) == 2


def test_an_item_that_kills_every_worker_is_given_up(address: str, tmp_path: Path) -> None:
    (ended,) = work_on_cluster(do, [Piece(tmp_path, 0, deaths=99)], address, ignore)
    assert "out of memory" in (ended.error or "")
    assert "95 % of its limit" in (ended.error or "")
    assert "--memory-limit 3GB" in (ended.error or "")


def test_a_worker_that_noticed_the_stop_begins_nothing_more(address: str, tmp_path: Path) -> None:
    pieces = [Piece(tmp_path, n, steps=400) for n in range(12)]
    fractions: list[float] = []

    def stop(_number: int, fraction: float) -> None:
        fractions.append(fraction)
        if fraction > 0:
            raise Cancelled("enough")

    began_at = time.monotonic()
    with pytest.raises(Cancelled):
        list(work_on_cluster(do, pieces, address, stop))
    assert time.monotonic() - began_at < 15  # a piece takes 20 s
    begun = sum(len(piece.begun) for piece in pieces)
    assert begun <= 2  # a worker each
    (after,) = work_on_cluster(do, [Piece(tmp_path, 99)], address, ignore)  # the workers are free again
    assert after.result == 198
    assert sum(len(piece.begun) for piece in pieces) == begun


def test_an_order_that_reaches_a_stopped_worker_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Worker:
        def log_event(self, *_event: object) -> None:
            raise AssertionError("it was begun")

    monkeypatch.setattr("distributed.get_worker", Worker)
    crew._stop_on_worker("batch")

    def begin(*_order: object) -> None:
        raise AssertionError("it was begun")

    ended = crew._on_worker(begin, "item", "batch", 3)
    assert (ended.number, ended.result) == (3, None)
    assert "stopped" in (ended.error or "")


def test_a_scheduler_that_is_not_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "CONNECT_S", 1.0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    for address in (nobody, "nonsense://here", "tcp://127.0.0.1:not-a-port"):
        with pytest.raises(ClusterError, match="No Dask scheduler answers at"):
            list(work_on_cluster(do, [1], address, ignore))


@pytest.mark.parametrize("address", ["tcp://host:8786", "host:8786", "tls://[::1]:8786"])
def test_an_address_has_a_host_and_a_port(address: str) -> None:
    connecting.require_address(address, "--scheduler")


@pytest.mark.parametrize(
    "address", ["host", "tcp://", ":8786", "tcp://a host:8786", "host:port", "tcp://[::1"]
)
def test_what_is_no_address_is_told_with_what_names_it(address: str) -> None:
    with pytest.raises(ClusterError, match=r"--scheduler is .* no address of a Dask scheduler"):
        connecting.require_address(address, "--scheduler")


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of one who takes the call and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("greeted", [False, True], ids=["from the first word", "after the greeting"])
def test_a_scheduler_that_says_nothing_is_a_sentence(
    mute: str, greeted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "CONNECT_S", 0.5)
    if greeted:

        async def greet(_address: str) -> None:
            pass

        monkeypatch.setattr(connecting, "_greet", greet)
    with pytest.raises(ClusterError, match="No Dask scheduler answers at"):
        list(work_on_cluster(do, [1], mute, ignore))


@pytest.mark.parametrize("words", [b"SSH-2.0-OpenSSH_9.2p1\r\n", bytes(64)], ids=["SSH", "zeros"])
def test_one_who_is_no_scheduler_is_told_as_such_and_leaves_no_traceback(
    words: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lost.append)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.sendall(words)
                caller.recv(1 << 20)

        threading.Thread(target=answer, daemon=True).start()
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ClusterError, match="else than a Dask scheduler listens at") as refused:
            list(work_on_cluster(do, [1], address, ignore))
    assert address in str(refused.value)
    assert lost == []


def test_waiting_for_a_scheduler_can_be_stopped(mute: str) -> None:
    def stop(_number: int, _fraction: float) -> None:
        raise Cancelled("enough")

    began_at = time.monotonic()
    with pytest.raises(Cancelled):
        list(work_on_cluster(do, [1], mute, stop))
    assert time.monotonic() - began_at < connecting.CONNECT_S


def test_nothing_to_do_needs_no_scheduler(mute: str) -> None:
    assert list(work_on_cluster(do, [], mute, ignore)) == []


def test_a_cluster_without_workers_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(crew, "WORKERLESS_S", 3.0)
    with (
        scheduler_process(tmp_path) as (address, _process),
        pytest.raises(ClusterError, match="has had no worker for 3 s"),
    ):
        list(work_on_cluster(do, [Piece(tmp_path, 0)], address, ignore))


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP], ids=["goes away", "falls silent"])
def test_a_scheduler_lost_in_mid_run_is_a_sentence(
    ending: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(crew, "ANSWER_S", 3.0)
    monkeypatch.setattr(connecting, "CONNECT_S", 3.0)
    piece = Piece(tmp_path, 0, steps=2000)
    with scheduler_process(tmp_path, workers=1) as (address, process):

        def lose(_number: int, fraction: float) -> None:
            if fraction > 0 and process.poll() is None:
                process.send_signal(ending)

        began_at = time.monotonic()
        with pytest.raises(ClusterError, match="went away or answers no more"):
            list(work_on_cluster(do, [piece], address, lose))
        assert time.monotonic() - began_at < 60
