"""What differs between two runs besides the ice, told before their change is read as the glacier's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.checks import CloudCheck, CrossChecks
from core.measure.comparability import Dated, differences, inputs_differ, model_differs
from core.runs import CARD
from core.types import Finding, Severity
from tests.db.runs import make_facts, make_run

DAY = date(2020, 9, 1)


def found(one: CloudCheck | None, other: CloudCheck | None, valid_px: int = 9000) -> list[Finding]:
    """The findings on two runs of two tiles that are alike but for their clouds."""
    before = make_run(checks=CrossChecks(clouds=one), valid_px=valid_px, valid_area_km2=valid_px * 9e-4)
    after = replace(
        before,
        tile=make_facts(sha256="2" * 64),
        checks=CrossChecks(clouds=other),
        valid_px=9000,
        valid_area_km2=8.1,
    )
    return [each for each in differences(Dated(before, DAY), Dated(after, DAY)) if each.code != "same-day"]


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((185, 0), "18.5 % of the first tile look"),
        ((0, 60), "6.0 % of the second tile look"),
        ((185, 60), "18.5 % of the first tile and 6.0 % of the second tile look"),
    ],
)
def test_much_cloud_in_either_run_is_a_warning_that_names_the_run(
    shares: tuple[int, int], words: str
) -> None:
    (finding,) = found(*(CloudCheck(px, 1000) for px in shares))
    assert finding.severity is Severity.WARNING
    assert words in finding.message


@pytest.mark.parametrize(("cards", "told"), [(("a", "b"), True), (("a", "a"), False), (("a", None), False)])
def test_other_numbers_on_the_card_are_a_warning(cards: tuple[str, str | None], told: bool) -> None:
    before, after = (make_run(versions={CARD: card} if card else {}) for card in cards)
    codes = {each.code for each in differences(Dated(before, DAY), Dated(after, DAY))}
    assert ("other-card" in codes) is told
    assert model_differs(before, after) is told


@pytest.mark.parametrize(("side_m", "told"), [(33.0, True), (30.2, False)])
def test_pixels_of_another_size_are_a_warning(side_m: float, told: bool) -> None:
    clear = CrossChecks(clouds=CloudCheck(0, 1000))
    before = make_run(checks=clear, valid_px=1000, valid_area_km2=0.9)
    after = replace(before, tile=make_facts(sha256="2" * 64), valid_area_km2=side_m**2 / 1000)
    found = {each.code: each.severity for each in differences(Dated(before, DAY), Dated(after, DAY))}
    assert found.get("other-pixels") is (Severity.WARNING if told else None)
    assert bool(inputs_differ(before, after)) is told


def test_what_a_network_sees_otherwise_is_told_unless_the_tile_is_the_same() -> None:
    before = make_run(valid_px=1000, valid_area_km2=0.9)
    bands = {**before.tile.bands, "thermal": "B10.tif:1"}
    after = replace(
        before,
        tile=make_facts(sha256="2" * 64, bands=bands, sensor="Landsat 9"),
        valid_area_km2=0.225,
    )
    assert inputs_differ(before, after) == (
        "other pixels (30.0 m and 15.0 m a side)",
        "another sensor (Landsat 8 and Landsat 9)",
        "other bands (thermal infrared in the second alone)",
    )
    assert inputs_differ(before, replace(before, tile=make_facts(sha256="2" * 64))) == ()
    assert inputs_differ(before, replace(after, tile=before.tile)) == ()


def test_little_cloud_is_no_finding() -> None:
    assert found(CloudCheck(50, 1000), CloudCheck(0, 1000)) == []


@pytest.mark.parametrize("unjudged", [None, CloudCheck(0, 0)], ids=["no-check", "no-bands"])
def test_cloud_that_could_not_be_judged_is_a_note(unjudged: CloudCheck | None) -> None:
    (finding,) = found(CloudCheck(0, 1000), unjudged)
    assert finding.severity is Severity.NOTE
    assert "Whether the second run shows cloud" in finding.message
    (both,) = found(unjudged, unjudged)
    assert "Whether either run shows cloud" in both.message


def test_cloud_is_told_even_where_the_other_run_could_not_be_judged() -> None:
    codes = [each.code for each in found(None, CloudCheck(185, 1000))]
    assert codes == ["unmasked-cloud", "unknown-cloud"]


def test_shares_are_written_with_a_space_before_the_sign() -> None:
    (finding,) = found(CloudCheck(0, 1000), CloudCheck(0, 1000), valid_px=6000)
    assert "saw 50 % and 75 % of their tiles" in finding.message
