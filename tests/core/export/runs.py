"""A run, for tests of what is done with runs."""

from __future__ import annotations

from datetime import UTC, date, datetime

from core.runs import Artifact, ClassArea, MapBounds, Options, Radiometry, RadiometryKind, Run, TileFacts
from core.types import Finding, Grid, Severity


def example_run() -> Run:
    return Run(
        id="3f2a",
        tile=TileFacts(
            name='LC09 "Bara"; Shigri',
            sha256="ab" * 32,
            grid=Grid('PROJCS["x"]', (30.0, 0.0, 1 / 3, 0.0, -30.0, 3e6), 2, 3),
            bands={"blue": "a.tif:1"},
            radiometry=Radiometry(RadiometryKind.LANDSAT_L2, "The name says so."),
            sensor="Landsat 9",
            acquired_on=date(2023, 9, 15),
        ),
        model="binary",
        weights_sha256="cd" * 32,
        options=Options(),
        threshold=0.5,
        areas=(
            ClassArea(0, "non_glacier", "Not glacier", 3, 1.5, 0.75),
            ClassArea(1, "glacier", "Glacier", 1, 0.1 + 0.2, 0.25, 4),
        ),
        valid_px=4,
        total_px=6,
        valid_area_km2=1.8,
        total_area_km2=None,
        map_bounds=MapBounds(32.1, 77.0, 32.3, 77.2),
        findings=(Finding(Severity.WARNING, "missing-thermal", "No thermal band: zażółć"),),
        artifacts=(Artifact("classes", "classes.tif", "ef" * 32, 1234),),
        started_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        finished_at=datetime(2026, 1, 1, 12, 0, 1, 250_000, tzinfo=UTC),
        versions={"firnline": "0.1.0"},
    )
