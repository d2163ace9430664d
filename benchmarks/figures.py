"""Figures: what a benchmark measured, set against its bar, as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table

from core.crews.processes import usable_cores
from core.export.provenance import software_versions
from core.runs import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Sense = Literal["at least", "at most"]
MET, MISSED, NO_BAR = "met", "missed", ""
CPU_INFO = Path("/proc/cpuinfo")
FILE_WIDTH = 130  # columns of a table that goes to no screen


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    `unit` is "" for a plain ratio. `bar` None: told for information, nothing is asked of it. `sense`: whether
    the bar is the least or the most that is allowed. `how`: what was measured against what, in a few words.
    """

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    sense: Sense = "at least"
    how: str = ""

    @property
    def verdict(self) -> str:
        """Whether the bar is met; empty without one."""
        if self.bar is None:
            return NO_BAR
        reached = self.value >= self.bar if self.sense == "at least" else self.value <= self.bar
        return MET if reached else MISSED


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """The median wall time of `repeats` calls, seconds, after one call that is not counted."""
    work()
    return median(seconds_of(work) for _ in range(repeats))


def best_seconds(work: Callable[[], object], repeats: int) -> float:
    """The least wall time of `repeats` calls, seconds, after one call that is not counted."""
    work()
    return min(seconds_of(work) for _ in range(repeats))


def seconds_of(work: Callable[[], object]) -> float:
    """The wall time of one call, seconds."""
    start = perf_counter()
    work()
    return perf_counter() - start


def report(title: str, figures: Sequence[Figure], out: Path | None) -> None:
    """Print the figures as a table, and write them to `out` as JSON where it is given."""
    table = Table("figure", Column("value", justify="right"), "bar", "", "how", title=title, box=SIMPLE)
    for figure in figures:
        bar = "" if figure.bar is None else f"{figure.sense} {shown(figure.bar, figure.unit)}"
        table.add_row(figure.name, shown(figure.value, figure.unit), bar, figure.verdict, figure.how)
    screen = Console()
    (screen if screen.is_terminal else Console(width=FILE_WIDTH)).print(table)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(_record(title, figures), indent=2) + "\n", encoding="utf-8")


def machine() -> dict[str, object]:
    """When and on what figures are measured, for the record."""
    return {
        "measured_at": utc_now().isoformat(timespec="seconds"),
        "machine": {
            "processor": processor(),
            "architecture": platform.machine(),
            "cores": usable_cores(),
            "memory_gb": installed_memory_gb(),
        },
        "versions": software_versions(),
    }


def processor() -> str:
    """The processor's own name, as far as the system tells it."""
    lines = CPU_INFO.read_text("utf-8").splitlines() if CPU_INFO.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def installed_memory_gb() -> float | None:
    """The machine's memory, GB (1e9 bytes); None where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def shown(value: float, unit: str) -> str:
    """A number with four digits that count, and its unit."""
    digits = f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return f"{digits} {unit}".rstrip()


def _record(title: str, figures: Sequence[Figure]) -> dict[str, object]:
    return {
        "title": title,
        **machine(),
        "figures": [{**asdict(figure), "verdict": figure.verdict} for figure in figures],
    }
