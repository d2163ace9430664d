"""The plan of windows: which pixels are computed together, and what is read around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.types import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.models import ModelSpec

CORE_PX = 1024  # see the figures in DESIGN.md: larger windows waste less halo, but need more memory


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


def plan_steps(shape: tuple[int, int], spec: ModelSpec, core_px: int = CORE_PX) -> Iterator[Step]:
    """The steps that cover a tile of `shape` (height, width), in row-major order.

    Every core and every read begins on a multiple of the stride, so the network pools the same pixels
    together as one pass over the whole tile would, and the padding is the same as that pass would have.

    Raises:
        ValueError: `core_px` is no positive multiple of the stride.
    """
    if core_px <= 0 or core_px % spec.stride_px:
        raise ValueError(f"core_px is {core_px}; it must be a positive multiple of {spec.stride_px}")
    height, width = shape
    for row in range(0, height, core_px):
        rows = _Span.around(row, height, core_px, spec)
        for col in range(0, width, core_px):
            cols = _Span.around(col, width, core_px, spec)
            yield Step(
                core=Window(row, col, rows.core, cols.core),
                read=Window(rows.start, cols.start, rows.stop - rows.start, cols.stop - cols.start),
                padded=(rows.padded, cols.padded),
            )


@dataclass(frozen=True, slots=True)
class _Span:
    """One axis of a step: length of the core, start and stop of the read, length of the input."""

    core: int
    start: int
    stop: int
    padded: int

    @classmethod
    def around(cls, first: int, size: int, core_px: int, spec: ModelSpec) -> _Span:
        start = max(0, first - spec.halo_px)
        stop = min(size, first + core_px + spec.halo_px)
        strides = -(-(stop - start) // spec.stride_px)
        return cls(min(core_px, size - first), start, stop, strides * spec.stride_px)
