"""Measuring a change: two runs read window by window on their common grid, counted pair by pair."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ComparisonError
from core.measure.area_errors import Trust
from core.measure.change import Change, Estimate, Transition, Unseen
from core.measure.expectations import BLOCK_PX
from core.measure.expected import Expected, expected_of
from core.measure.ground import area_field
from core.measure.overlap import overlap_of
from core.measure.shared_classes import shared_legends
from core.measure.tally import NEITHER, ONLY_AFTER, ONLY_BEFORE, Tally, codes_of, outlines_m2
from core.runs import ALL_ICE
from core.types import Window, ignore_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.measure.ground import AreaField
    from core.measure.overlap import Overlap
    from core.measure.shared_classes import Legend
    from core.measure.warping import Read
    from core.models import ModelSpec
    from core.types import Grid, OnProgress

    Floats = NDArray[np.float64]

WINDOW_PX = (
    512  # a multiple of the blocks of common error; larger windows need more memory, smaller more calls
)
WORKERS = min(4, os.cpu_count() or 1)
M2_PER_KM2 = 1e6

Sink = Callable[[Window, "NDArray[np.uint8]"], object]  # takes codes before * K + after of each window


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """One run as it is read for a comparison.

    `read` gives the planes of a window, uint8 (1 + bands, h, w): the classes, then the foreground
    probabilities as `probabilities.tif` stores them, where there are any. `valid_km2`: all ground it saw.
    `trust`: how far its probabilities can be, by the card of the weights that `weights_sha256` names.
    """

    spec: ModelSpec
    grid: Grid
    valid_km2: float
    read: Read
    weights_sha256: str = ""
    trust: Trust = Trust()  # noqa: RUF009 - frozen


def measure_change(
    before: Surface, after: Surface, on_progress: OnProgress = ignore_progress, sink: Sink | None = None
) -> Change:
    """The change between two runs on the ground that both saw.

    `sink` gets the codes of each window of the common grid, in row-major order: place of the class before
    times K plus that of the class after; 253 and 254 where only the first or the second saw the ground, 255
    where neither did. Memory depends on the windows, not on the tiles.

    Raises:
        ComparisonError: no common ground, or a run without georeference.
        TileError: a result cannot be read.
    """
    work = _prepare(before, after)
    total = Tally.none(len(work.legends[0].classes))
    grid = work.overlap.grid
    for window, codes, tally in work.windows():
        if sink:
            sink(window, codes)
        total += tally
        on_progress((window.row + window.height * (window.col + window.width) / grid.width) / grid.height)
    if not total.pixels[: total.size].sum():
        raise ComparisonError(
            "The two runs saw no ground in common: where their tiles overlap, at least one has no data. "
            "Choose two runs that both saw the place."
        )
    return _record(work, total)


def _prepare(before: Surface, after: Surface) -> _Work:
    overlap = overlap_of(before.grid, after.grid)
    one, other, reduced = shared_legends(before.spec, after.spec)
    areas = area_field(overlap.grid)
    if areas is None:  # a grid without CRS has no overlap either
        raise ComparisonError("The common ground cannot be measured. Georeference both tiles and run again.")
    return _Work((before, after), (one, other), reduced, overlap, areas)


def _pixel_m(grid: Grid, areas: AreaField) -> float:
    middle = areas.read(Window(grid.height // 2, grid.width // 2, 1, 1))
    return sqrt(float(np.broadcast_to(middle, (1, 1))[0, 0]))


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """Two surfaces on their common grid."""

    surfaces: tuple[Surface, Surface]
    legends: tuple[Legend, Legend]
    reduced: bool
    overlap: Overlap
    areas: AreaField

    @property
    def ice(self) -> NDArray[np.bool_]:
        """Which of the shared classes are ice."""
        return np.array([info.is_ice for info in self.legends[0].classes])

    def windows(self) -> Iterator[tuple[Window, NDArray[np.uint8], Tally]]:
        """Codes and sums of every window in row-major order, a few windows ahead on all cores."""
        ahead: deque[tuple[Window, Future[tuple[NDArray[np.uint8], Tally]]]] = deque()
        pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="firnline-compare")
        try:
            for window in _plan(self.overlap.grid.shape):
                ahead.append((window, pool.submit(self._count, window)))
                if len(ahead) > 2 * WORKERS:
                    done, future = ahead.popleft()
                    yield done, *future.result()
            while ahead:
                done, future = ahead.popleft()
                yield done, *future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _count(self, window: Window) -> tuple[NDArray[np.uint8], Tally]:
        """The codes of a window and their sums."""
        grown = self._grown(window)
        planes = self._planes(grown)
        one, other = (legend.read_classes(p[0]) for legend, p in zip(self.legends, planes, strict=True))
        k = len(self.legends[0].classes)
        codes = codes_of(one, other, k)
        areas = np.broadcast_to(self.areas.read(grown), codes.shape)
        core = slice(0, window.height), slice(0, window.width)
        flat, weights = codes[core].ravel(), areas[core].ravel()
        buffers, moved_m2 = outlines_m2(codes, areas, self.ice)
        tally = Tally(
            k * k,
            np.bincount(flat, minlength=256),
            np.bincount(flat, weights, minlength=256).astype(np.float64),
            buffers,
            moved_m2,
            self._expect([p[1:, *core] for p in planes], np.where(codes[core] < k * k, areas[core], 0.0)),
        )
        return codes[core], tally

    def _grown(self, window: Window) -> Window:
        """The window and one more row and column, so that sides between windows are counted once."""
        height = min(window.height + 1, self.overlap.grid.height - window.row)
        width = min(window.width + 1, self.overlap.grid.width - window.col)
        return Window(window.row, window.col, height, width)

    def _planes(self, window: Window) -> list[NDArray[np.uint8]]:
        """The planes of both surfaces under a window of the common grid, the earlier first."""
        origin, reference = self.overlap.window, self.overlap.reference
        own = Window(window.row + origin.row, window.col + origin.col, window.height, window.width)
        kept = self.surfaces[reference].read(own)
        found = self.overlap.lookup.pick(self.surfaces[1 - reference].read, window)
        return [kept, found] if reference == 0 else [found, kept]

    def _expect(self, planes: list[NDArray[np.uint8]], areas_m2: Floats) -> Expected | None:
        """What the probabilities say of a window; None where a run has none."""
        if not all(len(plane) for plane in planes):
            return None
        one, other = (legend.read_levels(plane) for legend, plane in zip(self.legends, planes, strict=True))
        return expected_of((one, other), areas_m2, self.ice)


def _plan(shape: tuple[int, int]) -> Iterator[Window]:
    height, width = shape
    for row, col in product(range(0, height, WINDOW_PX), range(0, width, WINDOW_PX)):
        yield Window(row, col, min(WINDOW_PX, height - row), min(WINDOW_PX, width - col))


def _record(work: _Work, total: Tally) -> Change:
    classes = work.legends[0].classes
    ice = np.array([info.is_ice for info in classes], int)
    turns = (ice[None, :] - ice[:, None]).ravel()  # 1 where ice is gained, -1 where it is lost
    net_km2 = float(turns @ total.areas_m2[: total.size]) / M2_PER_KM2
    expected, overlap = total.expected, work.overlap
    return Change(
        classes=classes,
        reduced=work.reduced,
        transitions=tuple(_transitions(work, total)),
        net_buffer=Estimate(net_km2, total.moved_m2 / M2_PER_KM2),
        net_probability=_net_of(expected, work.surfaces) if expected else None,
        unseen=_unseen(work, total),
        grid=overlap.grid,
        reference=overlap.reference,
        resampled=overlap.resampled,
        offset_px=overlap.offset_px,
        block_m=BLOCK_PX * _pixel_m(overlap.grid, work.areas),
    )


def _net_of(expected: Expected, surfaces: tuple[Surface, Surface]) -> Estimate:
    """The expected net change."""
    before, after = (float(area) for area in expected.ice_m2)
    doubts = float(expected.ice_variance_m4[0]), float(expected.ice_variance_m4[1])
    return change_of_ice((before, after), doubts, surfaces)


def change_of_ice(
    areas_m2: tuple[float, float], variances_m4: tuple[float, float], surfaces: tuple[Surface, Surface]
) -> Estimate:
    """A change of ice between two dates by their probabilities.

    Both dates err apart; a bias of the same weights scales with the change.
    """
    before, after = (area / M2_PER_KM2 for area in areas_m2)
    widened = [surface.trust.factors.get(ALL_ICE, 1.0) for surface in surfaces]
    sigmas = [f * sqrt(v) / M2_PER_KM2 for f, v in zip(widened, variances_m4, strict=True)]
    biases = [
        surface.trust.calibration_error * a for surface, a in zip(surfaces, (before, after), strict=True)
    ]
    same = surfaces[0].weights_sha256 == surfaces[1].weights_sha256
    bias = abs(biases[1] - biases[0]) if same else hypot(*biases)
    return Estimate(after - before, hypot(*sigmas, bias))


def _transitions(work: _Work, total: Tally) -> Iterator[Transition]:
    pairs = product(work.legends[0].classes, repeat=2)
    for code, (before, after) in enumerate(pairs):
        shown = Transition(
            before.key,
            after.key,
            int(total.pixels[code]),
            float(total.areas_m2[code]) / M2_PER_KM2,
            float(total.buffers_m2[code]) / M2_PER_KM2,
        )
        if total.expected:
            shown = replace(
                shown,
                expected_km2=float(total.expected.least_m2[code]) / M2_PER_KM2,
                sigma_km2=None
                if before == after
                else sqrt(float(total.expected.variance_m4[code])) / M2_PER_KM2,
                unrelated_km2=float(total.expected.unrelated_m2[code]) / M2_PER_KM2,
            )
        yield shown


def _unseen(work: _Work, total: Tally) -> Unseen:
    """What is left out. Ground beyond the rectangle is what is left of all that a run saw."""
    common = total.areas_m2[: total.size].sum()
    before, after, neither = (float(total.areas_m2[code]) for code in (ONLY_BEFORE, ONLY_AFTER, NEITHER))
    beyond = [
        max(0.0, surface.valid_km2 - float(common + only) / M2_PER_KM2)
        for surface, only in zip(work.surfaces, (before, after), strict=True)
    ]
    return Unseen(before / M2_PER_KM2, after / M2_PER_KM2, neither / M2_PER_KM2, *beyond)
