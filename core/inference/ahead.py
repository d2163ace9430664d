"""Working ahead: items that a thread makes while the last one is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

T = TypeVar("T")


def ahead(items: Iterable[T]) -> Generator[T]:
    """The same items in the same order; the next one is made while one is used.

    A thread of their own makes the items, and what it raises is raised here. Close the iterator
    (`contextlib.closing`) where it may be left early: the thread then finishes the item that it has in hand,
    and is gone.
    """
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        following = thread.submit(next, iterator, end)
        while (item := following.result()) is not end:
            following = thread.submit(next, iterator, end)
            yield item  # type: ignore[misc] # it is not the end
