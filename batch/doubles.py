"""Doubles: tiles of one batch that have the same content, of which a history keeps one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch.work import Product
    from core.runs import RunKey


def with_doubles_told(products: Sequence[Product]) -> list[Product]:
    """The products of a batch, with a note on each tile whose content another one has as well."""
    firsts: dict[RunKey, Product] = {}
    for product in sorted(products, key=lambda one: one.done_before):  # those who had it computed come first
        firsts.setdefault(product.run.key, product)
    told: set[str] = set()
    result = []
    for product in products:
        first = firsts[product.run.key]
        if first is not product:
            product = _told(product, first, once=product.folder.parent.name in told)
            told.add(product.folder.parent.name)
        result.append(product)
    return result


def _told(product: Product, first: Product, *, once: bool) -> Product:
    kept = product.run.id == first.run.id
    note = f"It has the same content as {first.folder.parent.name}; " + (
        "one run of the history holds both." if kept else "without a history each has a run of its own."
    )
    return replace(
        product,
        shared=kept and not first.done_before,
        notes=product.notes if once else (*product.notes, note),
    )
