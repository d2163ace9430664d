"""Outlines of glaciers: the values, whatever file or map they came from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from core.runs import MapBounds
from core.types import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

OutlineSource = Literal["rgi6", "rgi7", "glims", "file", "drawn"]
Attribute = str | int | float | bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """One glacier's outline.

    `id` and `name` are its file's own, None where the file has none: ids are carried over, never invented.
    `number` is its place in the file, from 1, which addresses it all the same. `geometry` is a valid
    polygon or multipolygon in degrees, longitude first (WGS 84). `source_date`: the day of the image that
    the outline was drawn from. `attributes`: the other fields of the file, as they were.
    """

    number: int
    id: str | None
    name: str | None
    geometry: BaseGeometry
    source: OutlineSource = "file"
    source_date: date | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What tells the outline from others: its id, else its name, else its number."""
        return self.id or self.name or f"No. {self.number}"


@dataclass(frozen=True, eq=False)
class OutlineSet:
    """Outlines that belong together: those of one file, or drawn for one site.

    `origin`: what the user calls the file, or "drawn on the map". `findings`: what reading them noticed.
    """

    outlines: tuple[Outline, ...]
    origin: str
    findings: tuple[Finding, ...] = ()

    def __len__(self) -> int:
        return len(self.outlines)

    @cached_property
    def geometries(self) -> NDArray[np.object_]:
        """The geometries as an array, (n,), for shapely's functions."""
        found = np.empty(len(self.outlines), dtype=object)
        found[:] = [outline.geometry for outline in self.outlines]
        return found

    @cached_property
    def sha256(self) -> str:
        """The hash of ids, names, dates and shapes: equal outlines, equal hash."""
        digest = hashlib.sha256()
        for outline, shape in zip(self.outlines, shapely.to_wkb(self.geometries), strict=True):
            day = outline.source_date.isoformat() if outline.source_date else None
            digest.update(json.dumps([outline.number, outline.id, outline.name, day]).encode())
            digest.update(shape)
        return digest.hexdigest()

    @property
    def bounds(self) -> MapBounds | None:
        """The rectangle around all outlines, in degrees; None without any."""
        if not self.outlines:
            return None
        west, south, east, north = (float(edge) for edge in shapely.total_bounds(self.geometries))
        return MapBounds(south, west, north, east)

    def only(self, positions: Iterable[int]) -> OutlineSet:
        """The outlines at these positions (from 0), with their numbers as they were."""
        return OutlineSet(tuple(self.outlines[at] for at in positions), self.origin, self.findings)
