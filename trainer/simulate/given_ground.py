"""Ground that the user gives: an elevation model, with glacier outlines or with grown ice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform
from scipy import ndimage

from core.errors import TrainingError
from core.types import Grid
from trainer.simulate.fractal_ground import CELL_PX, ICE_CELLS, block_mean, cut_out, grow_share
from trainer.simulate.glaciers import ice_in_outlines
from trainer.simulate.ground import MARGIN_PX, PIXEL_M, Ground, slope_of, trim_ice
from trainer.simulate.noise import generator
from trainer.simulate.terrain import detail_relief

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from trainer.simulate.outlines import Outlines

PLACES = 40  # tried for one tile
ADDED_DETAIL = 0.6  # of the crags that fractal terrain gets: an elevation model shows the larger ones itself
ICE_PX = CELL_PX * ICE_CELLS


@dataclass(frozen=True, slots=True, eq=False)
class GivenTerrain:
    """An elevation model and, where known, the glaciers on it.

    `heights` (h, w) are metres on `grid`, NaN where there are none.
    """

    heights: NDArray[np.float64]
    grid: Grid
    outlines: Outlines | None = None

    @property
    def ice(self) -> NDArray[np.bool_]:
        """Where ice may lie, (h, w): within the outlines, or anywhere."""
        return self.outlines.drawn(self.grid) if self.outlines else np.ones(self.grid.shape, dtype=np.bool_)

    @property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude of the model's middle, in degrees."""
        x, y = self.grid.affine * (self.grid.width / 2, self.grid.height / 2)
        (lon,), (lat,) = transform(self.grid.crs, CRS.from_epsg(4326), [x], [y])
        return float(lon), float(lat)

    @property
    def has_ice(self) -> bool:
        """Whether ice may lie anywhere that a height is known."""
        try:
            return bool((self.ice & np.isfinite(self.heights)).any())
        except CPLE_BaseError:  # outlines that the model's CRS has no coordinates for
            return False


def place_ground(seed: int, size: int, terrain: GivenTerrain) -> Ground:
    """Ground for a tile of `size` pixels somewhere on an elevation model, likelier where there is ice.

    Without outlines glaciers are grown.

    Raises:
        TrainingError: the model is too small or too full of gaps for the tile and its margin.
    """
    rng = generator(seed, "place")
    heights, grid, outlines = terrain.heights, terrain.grid, terrain.outlines
    ice = terrain.ice
    side = size + 2 * MARGIN_PX
    tried: list[tuple[Grid, NDArray[np.float64], float]] = []
    for _ in range(PLACES):
        outer = _grid_around(grid, rng.uniform(0.05, 0.95, size=2), side)
        warped = _warped(heights, grid, outer, Resampling.cubic)
        if np.isfinite(warped).all():
            iced = _warped(ice.astype(np.float64), grid, outer, Resampling.nearest)
            share = float(np.nan_to_num(iced).mean())
            tried.append((outer, warped, min(share, 0.4) + 0.002))
        if len(tried) == 4:
            break
    if not tried:
        raise TrainingError(
            f"No place on the elevation model holds a tile of {size} px with {MARGIN_PX} px around it "
            f"({side * PIXEL_M / 1000:.1f} km a side) without gaps. "
            "Give a larger model or make smaller tiles."
        )
    weights = np.asarray([weight for _, _, weight in tried])
    outer, surface, _ = tried[rng.choice(len(tried), p=weights / weights.sum())]
    inner = outer.affine * Affine.translation(MARGIN_PX, MARGIN_PX)
    tile_grid = Grid.of(outer.crs, inner, size, size)
    if outlines is None:
        return _with_grown_ice(seed, surface, tile_grid)
    return _with_outlines(seed, surface, outlines.drawn(outer), tile_grid)


def _with_outlines(seed: int, surface: NDArray[np.float64], inside: NDArray[np.bool_], grid: Grid) -> Ground:
    """Ground whose surface is given, ice within outlines included."""
    detail = ADDED_DETAIL * detail_relief(seed, surface, PIXEL_M)
    thickness = ice_in_outlines(inside, PIXEL_M, slope_of(surface, PIXEL_M))
    thickness = np.where(inside, np.maximum(thickness, 1.0), 0.0)
    bed = surface - thickness + np.where(inside, 0.0, detail)
    line_m = float(np.quantile(surface[inside] if inside.any() else surface, 0.45))
    return Ground(bed, thickness, line_m, grid)


def _with_grown_ice(seed: int, surface: NDArray[np.float64], grid: Grid) -> Ground:
    """Ground on which glaciers are grown over the given heights."""
    rng = generator(seed, "climate")
    side = surface.shape[0]
    spare = -side % ICE_PX
    coarse = block_mean(np.pad(surface, (0, spare), mode="edge"), ICE_PX)
    ice, line_m = grow_share(rng, coarse, PIXEL_M * ICE_PX)
    bed = surface + ADDED_DETAIL * detail_relief(seed, surface, PIXEL_M)
    depth = cut_out(ice, (0, 0, side), ICE_PX, order=1)
    top = ndimage.gaussian_filter(surface, 3.0) + cut_out(ice, (0, 0, side), ICE_PX)
    return Ground(bed, trim_ice(rng, bed, top - bed, depth, line_m), line_m, grid)


def _grid_around(grid: Grid, spot: NDArray[np.float64], side: int) -> Grid:
    """A square of `side` pixels of 30 m in UTM around a spot, given as shares of height and width."""
    x, y = grid.affine * (spot[1] * grid.width, spot[0] * grid.height)
    (lon,), (lat,) = transform(grid.crs, CRS.from_epsg(4326), [x], [y])
    zone = int((lon + 180.0) // 6.0) % 60 + 1
    utm = CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)
    (east,), (north,) = transform(grid.crs, utm, [x], [y])
    half = side * PIXEL_M / 2
    left, top = (round(edge / PIXEL_M) * PIXEL_M for edge in (east - half, north + half))
    return Grid.of(utm, Affine(PIXEL_M, 0.0, left, 0.0, -PIXEL_M, top), side, side)


def _warped(values: NDArray[np.float64], grid: Grid, target: Grid, method: Resampling) -> NDArray[np.float64]:
    """Values of one grid on another, NaN where there are none."""
    out = np.full(target.shape, np.nan)
    reproject(
        values,
        out,
        src_transform=grid.affine,
        src_crs=grid.crs,
        src_nodata=np.nan,
        dst_transform=target.affine,
        dst_crs=target.crs,
        dst_nodata=np.nan,
        resampling=method,
    )
    return out
