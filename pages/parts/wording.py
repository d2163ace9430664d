"""Words of the pages: text of the user made harmless, and values said in plain language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.models import MODELS
from core.present.quantities import format_area, format_count
from core.types import Severity

if TYPE_CHECKING:
    from core.models import ModelSpec
    from core.runs import ClassArea, Run
    from core.types import Finding, Grid
    from db.records import RunRecord

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=&\"'/])")
LONGEST_NAME = 80  # characters of a name in a heading


def plain(text: str, longest: int | None = None) -> str:
    """Text of the user as Markdown that shows just these characters: no link, HTML, formula, icon or colour.

    More than `longest` characters are cut.
    """
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if longest is not None and len(shown) > longest:
        shown = f"{shown[: longest - 1]}…"
    return _MARKUP.sub(r"\\\1", shown)


def download_name(*parts: str) -> str:
    """A file name for the browser made of letters, digits, dots and dashes."""
    words = [re.sub(r"[^A-Za-z0-9.-]+", "-", part).strip("-.")[:60] for part in parts]
    return "_".join(word for word in words if word) or "firnline"


def ice_amount(areas: tuple[ClassArea, ...], spec: ModelSpec) -> str:
    """The glacier area of a run, or its pixels where no area is known."""
    ice = {info.index for info in spec.classes if info.is_ice}
    rows = [area for area in areas if area.index in ice]
    known = [area.area_km2 for area in rows if area.area_km2 is not None]
    if len(known) == len(rows):
        return format_area(sum(known))
    return f"{format_count(sum(area.pixels for area in rows))} px"


def grid_words(grid: Grid) -> str:
    """Size, pixel and reference system of a grid in one line."""
    size = f"{format_count(grid.width)} x {format_count(grid.height)} px"
    if grid.crs is None:
        return f"{size}, no coordinate reference system"
    width, height = grid.pixel_size
    unit = "degrees" if grid.crs.is_geographic else "m"
    step = f"{width:g} {unit}" if abs(width - height) < 1e-6 * width else f"{width:g} x {height:g} {unit}"
    code = grid.crs.to_epsg()
    return f"{size} of {step}, {f'EPSG:{code}' if code else 'own projection'}"


def decision_words(run: Run, spec: ModelSpec) -> str:
    """How the run decided between classes."""
    if run.threshold is None:
        return "the most probable class"
    return f"{spec.foreground[0].label.lower()} where its probability is at least {run.threshold:g}"


def minimum_words(run: Run) -> str:
    """The run's minimum mapping unit."""
    smallest = run.options.min_area_km2
    return f"{smallest:g} km²" if smallest else "off"


def worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    """Errors, then warnings, then notes."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def short_hash(sha256: str) -> str:
    """The first twelve characters, enough to tell files apart by eye."""
    return sha256[:12]


def short_title(model: str) -> str:
    """A model's title without what stands in brackets; the key of one that is no longer known."""
    return MODELS[model].title.split(" (")[0] if model in MODELS else model


def run_label(record: RunRecord) -> str:
    """A run in one line: tile, model, date."""
    day = f", {record.acquired_on.isoformat()}" if record.acquired_on else ""
    return f"{record.tile_name}, {short_title(record.model)}{day}"
