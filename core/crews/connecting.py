"""The connection to a Dask scheduler, made within a deadline whatever listens at its address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import ClusterError

if TYPE_CHECKING:
    from types import TracebackType

    from distributed import Client

CONNECT_S = 10.0
STEPS = 4  # a greeting of ours and three steps of Dask's own, each of which may take CONNECT_S
POLL_S = 0.5  # how often the one who waits may be stopped
LOST = (OSError, TimeoutError)  # what Dask raises when the scheduler is not there
REFUSED = (*LOST, ValueError, TypeError)  # or when the address is none, or asks for certificates


def require_address(address: str, setting: str) -> None:
    """Refuse what cannot be the address of a scheduler. `setting`: what names it.

    Raises:
        ClusterError: it has no host, no port, or blanks in it.
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        complete = bool(parts.hostname and parts.port)
    except ValueError:  # a port that is no number, or half an IPv6 address
        complete = False
    if not complete or any(letter.isspace() for letter in address):
        raise ClusterError(
            f"{setting} is '{address}', which is no address of a Dask scheduler. Write it like "
            "tcp://host:8786, or leave it out."
        )


@contextmanager
def connected(address: str, on_wait: Callable[[], object]) -> Iterator[Client]:
    """A client of the scheduler at an address. `on_wait` is called while it is awaited and may raise.

    Raises:
        ClusterError: Dask is not installed, no scheduler answers in time, or something else does.
    """
    try:
        import distributed  # noqa: F401 - here, so that the sentence comes at once
    except ModuleNotFoundError:
        raise ClusterError(
            "Dask is not installed. Install it with 'pip install -r requirements-cluster.txt', on the "
            "workers too."
        ) from None
    client = _made(address, on_wait)
    try:
        yield client
    finally:
        _close(client)


def _made(address: str, on_wait: Callable[[], object]) -> Client:
    """The client, made in a thread: Dask waits for ever for one who takes the call and says nothing."""
    made: Future[Client] = Future()
    Thread(target=_make, args=(address, made), name="firnline-connecting", daemon=True).start()
    deadline = time.monotonic() + STEPS * CONNECT_S
    with ExitStack() as given_up:
        given_up.callback(made.add_done_callback, _close_late)
        while not made.done():
            if time.monotonic() > deadline:
                raise _refusal(address, TimeoutError())
            on_wait()
            wait([made], POLL_S)
        error = made.exception()
        if error is not None:
            raise _refusal(address, error) from error
        client = made.result()
        given_up.pop_all()
    return client


def _make(address: str, made: Future[Client]) -> None:
    from distributed import Client

    with ExitStack() as failing:
        failing.push(partial(_pass_on, made))
        asyncio.run(_greet(address))
        made.set_result(Client(address, timeout=CONNECT_S, set_as_default=False, name="firnline"))


def _pass_on(
    made: Future[Client],
    _kind: type[BaseException] | None,
    error: BaseException | None,
    _trace: TracebackType | None,
) -> bool:
    """Hand any failure to the one who waits: what strangers say fails in Dask in many ways."""
    if error is not None:
        made.set_exception(error)
    return True


def _refusal(address: str, error: BaseException) -> ClusterError:
    if isinstance(error, REFUSED):
        return ClusterError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). Start one with "
            "'dask scheduler', or correct the address (tcp://host:8786)."
        )
    return ClusterError(
        f"Something else than a Dask scheduler listens at {address}: Dask cannot read what it says. Correct "
        "the address (tcp://host:8786), or start one with 'dask scheduler'."
    )


async def _greet(address: str) -> None:
    """Exchange greetings with whoever listens, in time: the one step that Dask gives no end."""
    from distributed.comm.core import connect
    from distributed.security import Security

    certificates = Security().get_connection_args("client")
    greeted = await asyncio.wait_for(connect(address, timeout=CONNECT_S, **certificates), CONNECT_S)
    await greeted.close()


def _close_late(made: Future[Client]) -> None:
    if made.exception() is None:
        _close(made.result())


def _close(client: Client) -> None:
    with suppress(*LOST):
        client.close(timeout=CONNECT_S)
