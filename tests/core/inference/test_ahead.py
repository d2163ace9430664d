"""Working ahead: order, errors, and threads that leave nothing behind."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.inference.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_the_items_keep_their_order() -> None:
    assert list(ahead(range(50))) == list(range(50))


def test_the_next_item_is_made_while_one_is_used() -> None:
    begun = threading.Event()

    def items() -> Iterator[int]:
        yield 0
        begun.set()
        yield 1

    with closing(ahead(items())) as made:
        assert next(made) == 0
        assert begun.wait(5)


def test_no_more_than_one_item_waits() -> None:
    numbers: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            numbers.append(number)
            yield number

    with closing(ahead(items())) as made:
        for used in made:
            assert len(numbers) <= used + 2
            if used == 20:
                break


def test_what_the_thread_raises_is_raised_where_the_items_are_used() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise OSError("the disk is gone")

    made = ahead(items())
    assert next(made) == 0
    with pytest.raises(OSError, match="the disk is gone"):
        next(made)


def test_closing_ends_the_thread() -> None:
    before = threading.active_count()
    with closing(ahead(iter(int, 1))) as made:  # endless
        next(made)
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
