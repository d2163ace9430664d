"""Glacier ice over a landscape: grown by snowfall and flow, or filled into outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Glen's law with n = 3 integrated over the thickness: 2 A (rho g)^3 / 5 with A = 2.4e-24 s^-1 Pa^-3 for
# temperate ice (Cuffey & Paterson 2010, table 3.4) and rho g = 900 * 9.81, per metre cubed and year;
# times five for the sliding that the shallow-ice equation leaves out.
FLOW_FACTOR = 5.0 * 2.08e-5
GRADIENT_PER_YEAR = 0.007  # mass balance per metre of height below the line, a usual Himalayan value
CLINGING_SLOPE = 1.0  # snow slides off ground steeper than this (45 degrees)
STEP_YEARS = 1.5
CG_ROUNDS = 25  # conjugate-gradient rounds a step: enough for centimetres
FASTEST_M2 = 1.0e6  # diffusivity cap, m2 a-1: touches single cells on steep steps only


@dataclass(frozen=True, slots=True)
class Climate:
    """What feeds and melts the ice.

    `line_m`: height of the equilibrium line. `melt_factor`: 1 for clean ice, less where debris protects
    the tongues, which makes them long. `snowiest_m`: metres of ice a year
    that accumulation does not exceed however high the ground.
    """

    line_m: float
    melt_factor: float
    snowiest_m: float = 1.2


def grow_ice(
    bed: NDArray[np.float64],
    cell_m: float,
    climate: Climate,
    *,
    years: float,
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Ice thickness in metres (h, w) after `years` of the shallow-ice equation.

    Semi-implicit: the diffusivity of a step (staggered grid of Mahaffy 1976) is that of the ice before it,
    and the linear system for the new thickness is solved by conjugate gradients.
    """
    thickness = np.zeros_like(bed) if start is None else start.copy()
    clinging = _clinging(bed, cell_m)
    ratio = STEP_YEARS / cell_m**2
    face_x, face_y = _diffusivities(bed + thickness, thickness, cell_m)
    for _ in range(round(years / STEP_YEARS)):
        surface = bed + thickness
        new_x, new_y = _diffusivities(surface, thickness, cell_m)
        face_x, face_y = 0.5 * (face_x + new_x), 0.5 * (face_y + new_y)  # damps the lag of the diffusivity
        gain = mass_balance(surface, climate)
        gain = np.where(gain > 0, gain * clinging, gain)
        residual = STEP_YEARS * gain - ratio * _outflow(surface, face_x, face_y)
        change = _solve(residual, ratio * face_x, ratio * face_y)
        thickness = np.maximum(thickness + change, 0.0)
        thickness[[0, -1], :] = 0.0  # ice that reaches the border leaves the landscape
        thickness[:, [0, -1]] = 0.0
    return thickness


def mass_balance(surface: NDArray[np.float64], climate: Climate) -> NDArray[np.float64]:
    """Ice gained or lost in metres a year on a surface at these heights."""
    above = surface - climate.line_m
    return np.where(
        above > 0,
        np.minimum(above * GRADIENT_PER_YEAR, climate.snowiest_m),
        np.maximum(above * GRADIENT_PER_YEAR * climate.melt_factor, -12.0),
    )


def surface_velocity(
    surface: NDArray[np.float64], thickness: NDArray[np.float64], cell_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Direction and speed of the ice, metres a year along columns and along rows."""
    gy, gx = np.gradient(surface, cell_m)
    speed = FLOW_FACTOR * thickness**4 * (gx**2 + gy**2)
    return -speed * gx, -speed * gy


def ice_in_outlines(
    inside: NDArray[np.bool_], pixel_m: float, slope: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Thickness in metres that fits given outlines: thick far from the margin and where it is flat.

    A plastic glacier holds a basal stress of about 1 bar: h = tau / (rho g slope); towards the margin the
    profile is a parabola.
    """
    inward_m = ndimage.distance_transform_edt(inside) * pixel_m
    plastic = 1.0e5 / (900.0 * 9.81 * np.maximum(ndimage.gaussian_filter(slope, 6.0), 0.06))
    return np.asarray(np.minimum(plastic, np.sqrt(inward_m) * 5.0) * inside)


def _clinging(bed: NDArray[np.float64], cell_m: float) -> NDArray[np.float64]:
    """Share of the snowfall that stays (0..1) or is blown and slides in from around (> 1)."""
    gy, gx = np.gradient(bed, cell_m)
    slope = np.hypot(gx, gy)
    stays = np.clip((CLINGING_SLOPE - slope) / 0.4, 0.0, 1.0)
    hollow_m = ndimage.gaussian_filter(bed, 450.0 / cell_m) - bed
    sheltered = np.clip(0.7 + hollow_m / 130.0, 0.0, 1.7)
    return np.asarray(stays * sheltered)


def _diffusivities(
    surface: NDArray[np.float64], thickness: NDArray[np.float64], cell_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Diffusivity in m2 a-1 on the column faces (h, w - 1) and the row faces (h - 1, w)."""
    corner = 0.25 * (thickness[1:, 1:] + thickness[:-1, 1:] + thickness[1:, :-1] + thickness[:-1, :-1])
    along = np.diff(surface, axis=1)
    down = np.diff(surface, axis=0)
    gx = (along[1:, :] + along[:-1, :]) * (0.5 / cell_m)
    gy = (down[:, 1:] + down[:, :-1]) * (0.5 / cell_m)
    squared = corner * corner
    diffusivity = np.minimum(FLOW_FACTOR * squared * squared * corner * (gx * gx + gy * gy), FASTEST_M2)
    face_x = np.zeros_like(along)
    face_x[1:-1] = 0.5 * (diffusivity[1:, :] + diffusivity[:-1, :])
    face_y = np.zeros_like(down)
    face_y[:, 1:-1] = 0.5 * (diffusivity[:, 1:] + diffusivity[:, :-1])
    return face_x, face_y


def _outflow(
    surface: NDArray[np.float64], face_x: NDArray[np.float64], face_y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What flows out of each cell down the surface, for conductances of the faces."""
    flow_x = face_x * (surface[:, :-1] - surface[:, 1:])
    flow_y = face_y * (surface[:-1, :] - surface[1:, :])
    out = np.zeros_like(surface)
    out[:, :-1] += flow_x
    out[:, 1:] -= flow_x
    out[:-1, :] += flow_y
    out[1:, :] -= flow_y
    return out


def _solve(
    right: NDArray[np.float64], face_x: NDArray[np.float64], face_y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """X with x + outflow(x) = right, by conjugate gradients with the diagonal as preconditioner."""
    diagonal = np.ones_like(right)
    diagonal[:, :-1] += face_x
    diagonal[:, 1:] += face_x
    diagonal[:-1, :] += face_y
    diagonal[1:, :] += face_y
    x = right / diagonal
    residual = right - x - _outflow(x, face_x, face_y)
    scaled = residual / diagonal
    direction = scaled
    energy = float((residual * scaled).sum())
    for _ in range(CG_ROUNDS):
        if energy < 1e-9:
            break
        image = direction + _outflow(direction, face_x, face_y)
        length = energy / float((direction * image).sum())
        x = x + length * direction
        residual = residual - length * image
        scaled = residual / diagonal
        previous, energy = energy, float((residual * scaled).sum())
        direction = scaled + (energy / previous) * direction
    return x
