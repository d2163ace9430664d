"""The plan of windows: which pixels are computed together, and what is read around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.types import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models import ModelSpec


@dataclass(frozen=True, slots=True)
class Step:
    """One pass through the network.

    `core`: the pixels that the pass decides. `read`: the pixels that it sees, the core and its halo,
    clipped to the tile. `padded`: height and width of the network's input, `read` filled up with zeros
    at the bottom and the right to multiples of the stride.
    """

    core: Window
    read: Window
    padded: tuple[int, int]

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices that cut the core from the network's output."""
        row, col = self.core.row - self.read.row, self.core.col - self.read.col
        return slice(row, row + self.core.height), slice(col, col + self.core.width)


def plan_steps(shape: tuple[int, int], spec: ModelSpec, core_px: int | None = None) -> Iterator[Step]:
    """The steps that cover a tile of `shape` (height, width), in row-major order.

    `core_px` None takes the model's own.

    Every core and every read begins on a multiple of the stride, so the network pools the same pixels
    together as one pass over the whole tile would, and the padding is the same as that pass would have.
    No input is larger than a core with its halo; the edges of the tile need no halo, so the last core of
    a row or column is longer than `core_px` where that saves a step, and a tile that fits is one step.

    Raises:
        ValueError: `core_px` is no positive multiple of the stride.
    """
    core_px = spec.core_px if core_px is None else core_px
    if core_px <= 0 or core_px % spec.stride_px:
        raise ValueError(f"core_px is {core_px}; it must be a positive multiple of {spec.stride_px}")
    height, width = shape
    for rows in _spans(height, core_px, spec):
        for cols in _spans(width, core_px, spec):
            yield Step(
                core=Window(rows.first, cols.first, rows.core, cols.core),
                read=Window(rows.start, cols.start, rows.stop - rows.start, cols.stop - cols.start),
                padded=(rows.padded, cols.padded),
            )


@dataclass(frozen=True, slots=True)
class _Span:
    """One axis of a step: first pixel and length of the core, start and stop of the read, input length."""

    first: int
    core: int
    start: int
    stop: int
    padded: int


def _spans(size: int, core_px: int, spec: ModelSpec) -> Iterator[_Span]:
    """The spans that cover one axis of a tile."""
    input_px = core_px + 2 * spec.halo_px
    first = 0
    while first < size:
        start = max(0, first - spec.halo_px)
        last = size - start <= input_px
        core = size - first if last else core_px
        stop = size if last else first + core + spec.halo_px
        strides = -(-(stop - start) // spec.stride_px)
        yield _Span(first, core, start, stop, strides * spec.stride_px)
        first += core
