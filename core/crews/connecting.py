"""The connection to a Dask scheduler, made within a deadline whatever listens at its address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import ExitStack, contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from core.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10.0
STEPS = 4  # a greeting of ours and three steps of Dask's own, each of which may take CONNECT_S
POLL_S = 0.5  # how often the one who waits may be stopped
LOST = (OSError, TimeoutError)  # what Dask raises when the scheduler is not there
REFUSED = (*LOST, ValueError, TypeError)  # or when the address is none, or asks for certificates


@contextmanager
def connected(address: str, on_wait: Callable[[], object]) -> Iterator[Client]:
    """A client of the scheduler at an address. `on_wait` is called while it is awaited and may raise.

    Raises:
        ClusterError: Dask is not installed, or no scheduler answers in time.
    """
    try:
        import distributed  # noqa: F401 - here, so that the sentence comes at once
    except ModuleNotFoundError:
        raise ClusterError(
            "Dask is not installed. Install it with 'pip install -r requirements-cluster.txt', on the "
            "workers too."
        ) from None
    try:
        client = _made(address, on_wait)
    except REFUSED as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({type(error).__name__}). Start one with "
            "'dask scheduler', or correct the address (tcp://host:8786)."
        ) from error
    try:
        yield client
    finally:
        _close(client)


def _made(address: str, on_wait: Callable[[], object]) -> Client:
    """The client, made in a thread: Dask waits for ever for one who takes the call and says nothing."""
    made: Future[Client] = Future()
    maker = Thread(target=_make, args=(address, made), name="firnline-connecting", daemon=True)
    maker.start()
    deadline = time.monotonic() + STEPS * CONNECT_S
    with ExitStack() as given_up:
        given_up.callback(made.add_done_callback, _close_late)
        while not made.done():
            if time.monotonic() > deadline or not maker.is_alive():
                raise TimeoutError
            on_wait()
            wait([made], POLL_S)
        client = made.result()
        given_up.pop_all()
    return client


def _make(address: str, made: Future[Client]) -> None:
    from distributed import Client

    try:
        asyncio.run(_greet(address))
        client = Client(address, timeout=CONNECT_S, set_as_default=False, name="firnline")
    except REFUSED as error:
        made.set_exception(error)
    else:
        made.set_result(client)


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
