"""What a batch says when it has ended: a line for each result, what is to be noted, what failed."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch.running import Outcome
    from batch.work import Product

BREAKING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]")


def report(outcome: Outcome, console: Console) -> None:
    """Results to standard output, as a table where somebody looks at it; all else to the console.

    The work is done by then: that nobody takes the list (`| head`), or that a disk is full, is told and no
    more.
    """
    try:
        _show(outcome.products)
    except OSError as error:
        _lead_nowhere()
        console.print(
            f"NOTE The list of results is cut short: standard output takes no more ({error.strerror}). The "
            "results themselves are written.",
            markup=False,
            soft_wrap=True,
        )
    for product in outcome.products:
        for note in product.notes:
            console.print(f"NOTE {_in_line(product.tile)}: {note}", markup=False, soft_wrap=True)
    for failure in outcome.failures:
        console.print(f"FAILED {_in_line(failure.name)}: {failure.reason}", markup=False, soft_wrap=True)
    if outcome.products or outcome.failures or not outcome.stopped:
        console.print(_counts(outcome))
    if outcome.stopped:
        console.print(f"STOPPED: {outcome.stopped}", markup=False, soft_wrap=True)


def _show(products: Sequence[Product]) -> None:
    if products and not Console().is_terminal:
        for product in products:
            typer.echo("\t".join(map(_in_line, product.row)))
    elif products:
        right = Column("ice area", justify="right")
        table = Table("tile", "model", right, "valid", "written to", "state", box=SIMPLE)
        for product in products:
            table.add_row(*(Text(_in_line(cell), overflow="fold") for cell in product.row))
        Console().print(table)


def _lead_nowhere() -> None:
    """Drop what standard output still holds: Python would fail with it at its end."""
    with suppress(OSError):  # what is no file has nothing to be redirected
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _in_line(text: str) -> str:
    """A name or a path in which nothing ends a line or a cell, or cannot be written: escaped as in Python."""
    return BREAKING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _counts(outcome: Outcome) -> str:
    """How many tiles were mapped; a tile counts as mapped when one of its models was run for it."""
    places = {product.folder.parent for product in outcome.products}
    mapped = {p.folder.parent for p in outcome.products if not p.done_before}
    shared = {p.folder.parent for p in outcome.products if p.shared} - mapped
    others = (
        (len(places - mapped - shared), "were done before"),
        (len(shared), "have the content of another"),
    )
    told = ", ".join(f"{number} {what}" for number, what in others if number)
    before = f" (and {told})" if told else ""
    left = f" Left: {outcome.left}." if outcome.stopped else ""
    return f"Tiles mapped: {len(mapped)}{before}. Failed: {len(outcome.failures)}.{left}"
