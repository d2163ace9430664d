"""Working ahead: items that a thread makes while the last one is used."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

T = TypeVar("T")

WAIT_S = 0.05  # how soon a thread notices that nobody wants its items any more


class _End:
    """What follows the last item: nothing, or the error that ended them."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterable[T]) -> Generator[T]:
    """The same items in the same order; the next one is being made while one is used.

    The items are made in a thread of their own, never more than two of them unused. What it raises is raised
    here. Close the iterator (`contextlib.closing`) where it may be left early: the thread then finishes the
    item that it has in hand, and is gone.
    """
    made: Queue[T | _End] = Queue(maxsize=1)
    unwanted = Event()
    thread = Thread(target=_make, args=(items, made, unwanted), name="ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := made.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        unwanted.set()
        while thread.is_alive():
            with suppress(Empty):
                made.get(timeout=WAIT_S)


def _make(items: Iterable[T], made: Queue[T | _End], unwanted: Event) -> None:
    end = _End()
    try:
        for item in items:
            if not _put(item, made, unwanted):
                return
    except BaseException as error:  # noqa: BLE001 - it is raised again where the items are used
        end = _End(error)
    _put(end, made, unwanted)


def _put(item: T | _End, made: Queue[T | _End], unwanted: Event) -> bool:
    """Hand an item over, unless nobody wants it."""
    while not unwanted.is_set():
        with suppress(Full):
            made.put(item, timeout=WAIT_S)
            return True
    return False
