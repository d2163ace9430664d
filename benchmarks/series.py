"""The series of one site: the time from the history to its chart, its trend, its CSV and its report."""

from __future__ import annotations

import tempfile
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from benchmarks.figures import Figure, median_seconds, report
from benchmarks.options import Out, Seed
from core.export.report import FollowedClass, SiteReport, write_report
from core.export.series_table import series_csv
from core.measure.guards import Guards
from core.measure.observations import main_method
from core.measure.seasons import usual_season
from core.measure.series import build_series
from core.measure.trends import trend_of
from core.models import BINARY
from core.present.series_chart import series_figure
from core.runs import (
    ALL_ICE,
    AreaError,
    ClassArea,
    ErrorKind,
    MapBounds,
    Options,
    Radiometry,
    RadiometryKind,
    Run,
    TileFacts,
    utc_now,
)
from core.types import Grid
from db.history import open_history

if TYPE_CHECKING:
    from core.measure.observations import Method, Observation
    from core.measure.series import Series
    from core.measure.trends import Trend
    from db.history import History

SITE = "Simulated site"
MOST_S = 1.0  # the bar: a page that takes longer feels slow
REPEATS = 5
FIRST_DAY, DAYS_APART = date(1984, 6, 1), 29
BOUNDS = MapBounds(32.0, 77.0, 32.2, 77.3)

Runs = Annotated[int, typer.Option("--runs", min=2, help="How many runs the site has.")]


def measure(runs: Runs = 500, seed: Seed = 1, out: Out = None) -> None:
    """Time the drawing of a site's series from a history in SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_history(Path(folder))
        rng = np.random.default_rng(seed)
        for number in range(runs):
            with store.staging() as staged:
                store.save_run(make_run(number, rng), staged, site=SITE)
        figures = _figures(store)
        store.close()
    report(f"Series of {runs} runs", figures, out)


def make_run(number: int, rng: np.random.Generator) -> Run:
    """A run of a tile of its own, a month after the one before, that has lost a little more ice."""
    on = FIRST_DAY + timedelta(days=DAYS_APART * number)
    km2 = 40 - 0.01 * number + rng.normal(0, 0.4)
    name = f"LC08_L2SP_147037_{on:%Y%m%d}_02_T1"
    grid = Grid(None, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0), 700, 700)
    facts = TileFacts(
        name, f"{number:064x}", grid, {}, Radiometry(RadiometryKind.LANDSAT_L2, "simulated"), "Landsat 8", on
    )
    now = utc_now()
    return Run(
        id=str(uuid.UUID(int=rng.integers(2**63).item())),
        tile=facts,
        model=BINARY.key,
        weights_sha256="f" * 64,
        options=Options(),
        threshold=0.5,
        areas=tuple(ClassArea(c.index, c.key, c.label, 1000, km2, 0.5) for c in BINARY.classes),
        valid_px=490_000,
        total_px=490_000,
        valid_area_km2=441.0,
        total_area_km2=441.0,
        map_bounds=BOUNDS,
        findings=(),
        artifacts=(),
        started_at=now,
        finished_at=now,
        errors=(AreaError(ALL_ICE, ErrorKind.BUFFER, km2, 0.4, km2 - 0.8, km2 + 0.8),),
    )


def _figures(store: History) -> list[Figure]:
    observations = store.observations(SITE)
    method = main_method(observations)
    assert method is not None  # noqa: S101 - every run has a date
    series = _series(observations, method)
    trend = trend_of(series)

    def draw() -> str:
        fresh = _series(store.observations(SITE), method)
        return str(series_figure(fresh, trend_of(fresh), "#0072B2").to_json())

    steps = {
        "rows to observations": lambda: store.observations(SITE),
        "guards": lambda: _series(observations, method),
        "trend": lambda: trend_of(series),
        "chart": lambda: series_figure(series, trend, "#0072B2").to_json(),
        "CSV": lambda: series_csv(series, "a site"),
        "report": lambda: _report(series, trend, method),
    }
    drawn = Figure(
        "rows to chart", median_seconds(draw, REPEATS), "s", MOST_S, "at most", f"median of {REPEATS}"
    )
    return [drawn, *(Figure(f"  {name}", median_seconds(work, REPEATS), "s") for name, work in steps.items())]


def _series(observations: tuple[Observation, ...], method: Method) -> Series:
    guards = Guards(season=usual_season(BOUNDS.north))
    today = utc_now().date()
    return build_series(
        observations, ALL_ICE, guards, method=method, today=today, error_kind=ErrorKind.BUFFER
    )


def _report(series: Series, trend: Trend | None, method: Method) -> str:
    followed = FollowedClass("Glacier", "#0072B2", series, trend)
    return write_report(SiteReport(SITE, "", (followed,), method, ErrorKind.BUFFER, ()))
