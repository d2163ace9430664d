"""Where water runs over a height field: receivers, order and catchment areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILL_STEP_M = 0.02  # rise per cell of a filled hollow, so that water always finds its way out


@dataclass(frozen=True, slots=True, eq=False)
class Drainage:
    """Flow over a grid of n cells, numbered row by row.

    `receivers`: int (n,), the cell that each cell drains to (itself at an outlet). `order`: cells from
    the outlets upwards. `steps`: distance to the receiver in cells (0 at an outlet). `filled`: heights
    with hollows filled, metres. `area`: cells that drain through each cell, itself included.
    """

    receivers: NDArray[np.int64]
    order: NDArray[np.int64]
    steps: NDArray[np.float64]
    filled: NDArray[np.float64]
    area: NDArray[np.float64]


def route(heights: NDArray[np.float64], outlets: NDArray[np.bool_]) -> Drainage:
    """Steepest-descent drainage (eight neighbours) of a height field (h, w) to its outlets (h, w).

    Hollows are filled to their lowest rim, found as the minimax path to an outlet on the minimum spanning
    tree of the grid (Barnes et al. 2014 reach the same surface with a queue).
    """
    filled = _fill(heights, outlets)
    receivers, steps = _steepest(filled, outlets)
    order = np.argsort(filled.ravel(), kind="stable")
    area = _accumulate(receivers, order)
    return Drainage(receivers, order, steps, filled, area)


def _fill(heights: NDArray[np.float64], outlets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The height field (h, w) with every hollow filled to its rim."""
    rows, cols = heights.shape
    count = rows * cols
    cells = np.arange(count).reshape(rows, cols)
    level = heights - heights.min() + 1.0  # csgraph takes a weight of 0 for no edge
    starts, ends, weights = [], [], []
    for a, b in _neighbour_pairs():
        starts.append(cells[a].ravel())
        ends.append(cells[b].ravel())
        weights.append(np.maximum(level[a], level[b]).ravel())
    doors = cells[outlets]
    starts.append(np.full(doors.size, count))
    ends.append(doors)
    weights.append(level[outlets])
    graph = coo_matrix(
        (np.concatenate(weights), (np.concatenate(starts), np.concatenate(ends))),
        shape=(count + 1, count + 1),
    )
    tree = minimum_spanning_tree(graph.tocsr())
    order, parents = breadth_first_order(tree, count, directed=False)
    surface = level.ravel().tolist()
    surface.append(0.0)
    parent_of = parents.tolist()
    for cell in order[1:].tolist():
        floor = surface[parent_of[cell]] + FILL_STEP_M
        if surface[cell] < floor:
            surface[cell] = floor
    return np.asarray(np.asarray(surface[:-1]).reshape(rows, cols) + heights.min() - 1.0)


def _neighbour_pairs() -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Slices that pair each cell with its neighbour to the east, south, south-east and south-west."""
    every, head, tail = slice(None), slice(None, -1), slice(1, None)
    return [
        ((every, head), (every, tail)),
        ((head, every), (tail, every)),
        ((head, head), (tail, tail)),
        ((head, tail), (tail, head)),
    ]


def _steepest(
    filled: NDArray[np.float64], outlets: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The steepest lower neighbour of every cell, and the distance to it in cells."""
    rows, cols = filled.shape
    cells = np.arange(rows * cols).reshape(rows, cols)
    best = np.zeros((rows, cols))
    receivers = cells.copy()
    steps = np.zeros((rows, cols))
    for (a, b), length in zip(_neighbour_pairs(), (1.0, 1.0, 2**0.5, 2**0.5), strict=True):
        fall = (filled[a] - filled[b]) / length
        for here, there, drop in ((a, b, fall), (b, a, -fall)):
            better = drop > best[here]
            best[here] = np.where(better, drop, best[here])
            receivers[here] = np.where(better, cells[there], receivers[here])
            steps[here] = np.where(better, length, steps[here])
    receivers[outlets] = cells[outlets]
    steps[outlets] = 0.0
    return receivers.ravel(), steps.ravel()


def _accumulate(receivers: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Number of cells that drain through each cell."""
    area = [1.0] * receivers.size
    target = receivers.tolist()
    for cell in order[::-1].tolist():
        below = target[cell]
        if below != cell:
            area[below] += area[cell]
    return np.asarray(area)
