"""The minimum mapping unit: components that are too small take the class of what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.inference.components import StripGraph, label_pieces
from core.types import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from core.inference.components import Components
    from core.models import ModelSpec

    ReadClasses = Callable[[Window], NDArray[np.uint8]]
    ReadAreas = Callable[[Window], NDArray[np.float64]]

STRIP_PX = 256  # rows: those of the blocks in the class raster
LEAST_STRIP_PX = 64  # rows: those of the errors' blocks, which divide a strip
STRIP_AREA_PX = 2_000_000  # a wider map has lower strips, so that memory does not grow with its width
UNDECIDED = 255


@dataclass(frozen=True, slots=True, eq=False)
class Removal:
    """Which components go, and what they become.

    `removed_px`: pixels that each class gives away. `targets`: for each strip, by its first row, the new
    class of each of its pieces; strips that stay as they are have none.
    """

    spec: ModelSpec
    removed_px: tuple[int, ...]
    targets: dict[int, NDArray[np.uint8]]

    def apply(self, window: Window, classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The strip's classes without the components that go."""
        target = self.targets.get(window.row)
        if target is None:
            return classes
        pieces, _ = label_pieces(classes, self.spec)
        lookup = np.concatenate([np.zeros(1, np.uint8), target])
        return np.where(pieces > 0, lookup[pieces], classes)


def plan_strips(shape: tuple[int, int], strip_px: int | None = None) -> Iterator[Window]:
    """Strips of full width that cover a map from top to bottom.

    `strip_px` None takes as many rows as memory for `STRIP_AREA_PX` allows.
    """
    height, width = shape
    strip_px = _rows_of(width) if strip_px is None else strip_px
    for row in range(0, height, strip_px):
        yield Window(row, 0, min(strip_px, height - row), width)


def _rows_of(width: int) -> int:
    """The rows of a strip: a multiple of `LEAST_STRIP_PX`, `STRIP_PX` at most."""
    fitting = STRIP_AREA_PX // width // LEAST_STRIP_PX * LEAST_STRIP_PX
    return max(LEAST_STRIP_PX, min(STRIP_PX, fitting))


def find_small_components(
    read: ReadClasses,
    strips: list[Window],
    spec: ModelSpec,
    *,
    areas_m2: ReadAreas,
    min_area_m2: float,
) -> Removal:
    """The foreground components below `min_area_m2`, and the class that each takes.

    Components are eight-connected pixels of one foreground class, wherever strips cut them. A small one
    takes the class that most of its sides touch among the ground that stays: background and components
    that are large enough, the lower index on a tie. One that touches only other small ones waits until
    those are decided. What touches nothing but no data stays, because nobody saw what surrounds it.

    `read` gives classes uint8 (h, w) of a strip and `areas_m2` the pixel areas, broadcastable to it.
    """
    graph = StripGraph(spec)
    places = {strip.row: graph.add(read(strip), areas_m2(strip)) for strip in strips}
    components = graph.finish()
    decided = _decide(components, spec, min_area_m2)
    changed = decided != components.classes
    removed = np.bincount(
        components.classes[changed], components.pixels[changed], minlength=len(spec.classes)
    )
    targets = {
        row: decided[components.component[place]]
        for row, place in places.items()
        if changed[components.component[place]].any()
    }
    return Removal(spec, tuple(int(n) for n in removed), targets)


def _decide(components: Components, spec: ModelSpec, min_area_m2: float) -> NDArray[np.uint8]:
    """The class that each component has in the end."""
    foreground = np.isin(components.classes, [info.index for info in spec.foreground])
    small = foreground & (components.areas_m2 < min_area_m2) & (components.pixels > 0)
    decided = np.where(small, UNDECIDED, components.classes).astype(np.uint8)
    one, other, sides = components.contacts[:, small[components.contacts[0]]]
    n = len(spec.classes)
    while True:
        told = (decided[one] == UNDECIDED) & (decided[other] != UNDECIDED)
        if not told.any():
            break
        asking, position = np.unique(one[told], return_inverse=True)
        key = position * n + decided[other[told]]
        votes = np.bincount(key, sides[told], minlength=len(asking) * n).reshape(-1, n)
        decided[asking] = votes.argmax(axis=1)
    return np.where(decided == UNDECIDED, components.classes, decided).astype(np.uint8)
