"""Flags of scenes: snow is that of the present outlines, and a comparison repeats every warning."""

from __future__ import annotations

from dataclasses import replace

from core.measure.ledger import Found, Ledger
from core.measure.observations import flagged
from core.measure.scene_flags import flags, with_snow
from core.measure.seasonal_snow import SnowAround
from core.types import Finding, Severity
from tests.core.measure.observed import seen

NOTE = Finding(Severity.NOTE, "simulated", "The tile is simulated.")
DARK = Finding(Severity.WARNING, "saturated", "Blue is saturated.")
CLOUD = Finding(Severity.WARNING, "unmasked-cloud", "Clouds.")
COLD = Finding(Severity.WARNING, "missing-thermal", "No thermal band.")
OLDER = Finding(Severity.WARNING, "seasonal-snow", "Seasonal snow around outlines that are gone.")
NOTHING = Found({}, 0.0, 0.0)
LEDGER = Ledger("e" * 64, "binary", (), NOTHING, NOTHING, 0.0, 1.0, 1.0, 0.0, 0)
SNOWY = replace(LEDGER, snow=SnowAround(1.0, 0.5, 0.5, 1.0))


def test_snow_is_told_by_the_present_outlines_alone() -> None:
    assert with_snow((NOTE, OLDER), None) == with_snow((NOTE, OLDER), LEDGER) == (NOTE,)
    kept, snow = with_snow((NOTE, OLDER), SNOWY)
    assert (kept, snow.code) == (NOTE, OLDER.code)
    assert "50 % of the ground" in snow.message
    assert [each.code for each in flagged(seen(None), SNOWY).findings] == ["seasonal-snow"]


def test_a_comparison_repeats_warnings_once_with_the_run_they_concern() -> None:
    differing = (CLOUD, Finding(Severity.WARNING, "other-thermal", "One has no thermal band."))
    told = [finding.message for finding in flags((NOTE, DARK, COLD), (DARK, OLDER, CLOUD), differing)]
    assert told == ["Both runs: Blue is saturated.", f"The second run: {OLDER.message}"]
    assert [finding.message for finding in flags((NOTE, COLD), (COLD,))] == ["Both runs: No thermal band."]
