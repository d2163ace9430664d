"""Growth outside the outlines has an error of its own: what the probabilities leave open, block by block."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.measure import ledger as ledgers
from core.measure.area_errors import Trust
from core.measure.deviations import deviations_m2
from core.measure.expectations import SURE
from core.measure.ledger import Ledger, measure_ledger
from core.models import BINARY
from core.runs import ALL_ICE, NORMAL_95, ErrorKind
from tests.core.measure.test_ledger import BIG, PIXEL_KM2, SIDE, mapped_tile, with_probabilities
from tests.core.outlines.shapes import in_degrees, outlines

GLACIER = (
    slice(20, 120),
    slice(20, 140),
)  # all of the outline `BIG`


def ledger_of(folder: Path, ice: NDArray[np.float64], trust: Trust | None = None, *shapes: object) -> Ledger:
    chosen = outlines(*(shapes or (in_degrees(BIG),)))
    return measure_ledger(replace(with_probabilities(folder, ice), trust=trust), chosen)


def sigma_px(ledger: Ledger, line: int = 0) -> float:
    error = ledger.lines[line].growth_error
    assert error is not None
    return error.sigma_km2 / PIXEL_KM2


def glacier(*growths: tuple[slice, slice]) -> NDArray[np.float64]:
    """Sure ice inside the outline, and ice of probability 0.8 in some places outside."""
    ice = np.zeros((SIDE, SIDE))
    ice[GLACIER] = 1.0
    for place in growths:
        ice[place] = 0.8
    return ice


def test_blocks_err_together_inside_and_independently_of_each_other(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, glacier((slice(20, 120), slice(140, 160))))
    blocks_px = np.array([44 * 20, 56 * 20])  # rows 20 to 63 and 64 to 119, blocks of 64 px
    assert sigma_px(ledger) == pytest.approx(np.sqrt((blocks_px**2 * 0.8 * 0.2).sum()), rel=2e-3)
    error = ledger.lines[0].growth_error
    assert error is not None
    assert (error.kind, error.estimate_km2) == (ErrorKind.PROBABILITY, ledger.lines[0].growth_km2)
    assert error.low_km2 == pytest.approx(max(0.0, error.estimate_km2 - NORMAL_95 * error.sigma_km2))
    assert error.high_km2 == pytest.approx(error.estimate_km2 + NORMAL_95 * error.sigma_km2)
    assert ledger.growth_error == error  # one glacier is all of them


def test_bodies_of_one_glacier_in_one_block_err_together(tmp_path: Path) -> None:
    apart = glacier((slice(70, 80), slice(140, 150)), (slice(100, 110), slice(140, 150)))
    assert sigma_px(ledger_of(tmp_path, apart)) == pytest.approx(200 * 0.4, rel=2e-3)


def test_a_body_beside_two_glaciers_shares_its_error_as_it_shares_its_area(tmp_path: Path) -> None:
    ice = np.zeros((SIDE, SIDE))
    ice[10:50, 10:90] = 1.0
    ice[10:50, 50:60] = 0.8
    ice[30:50, 60:90] = 0.0  # the second glacier touches on half of the rows
    shapes = in_degrees((10, 10, 50, 50)), in_degrees((10, 60, 50, 90))
    ledger = ledger_of(tmp_path, ice, None, *shapes)
    # One block has them all, so a share of the body has that share of its deviation.
    assert sigma_px(ledger, 0) == pytest.approx(400 * 0.4 * 2 / 3, rel=2e-3)
    assert sigma_px(ledger, 1) == pytest.approx(400 * 0.4 / 3, rel=2e-3)
    assert ledger.growth_error is not None
    assert ledger.growth_error.sigma_km2 / PIXEL_KM2 == pytest.approx(400 * 0.4, rel=2e-3)


def test_what_the_card_says_of_the_model_widens_it(tmp_path: Path) -> None:
    growth = (slice(70, 90), slice(140, 160))
    ledger = ledger_of(tmp_path, glacier(growth), Trust(0.1, {ALL_ICE: 2.0}))
    assert sigma_px(ledger) == pytest.approx(2 * np.hypot(400 * 0.4, 0.1 * 400), rel=2e-3)


def test_ice_that_the_model_is_sure_of_has_no_error_and_no_growth_none_to_state(tmp_path: Path) -> None:
    sure = glacier()
    sure[20:120, 140:160] = 1.0
    assert sigma_px(ledger_of(tmp_path, sure)) == 0.0
    (tmp_path / "none").mkdir()
    still = ledger_of(tmp_path / "none", glacier())
    assert (still.growth_km2, still.growth_error, still.lines[0].growth_error) == (0.0, None, None)


def test_without_probabilities_growth_has_no_error(tmp_path: Path) -> None:
    classes = (glacier((slice(70, 90), slice(140, 160))) > 0.5).astype(np.uint8)
    ledger = measure_ledger(mapped_tile(tmp_path, classes, BINARY), outlines(in_degrees(BIG)))
    assert ledger.growth_km2 > 0
    assert ledger.growth_error is None


def test_the_error_does_not_depend_on_the_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    ice = glacier()
    ice[10:200, 140:180] = rng.uniform(0.5, 1.0, (190, 40))
    at_once = ledger_of(tmp_path, ice)
    monkeypatch.setattr(ledgers, "STRIP_PX", 64)
    in_strips = ledger_of(tmp_path, ice)
    assert sigma_px(in_strips) == pytest.approx(sigma_px(at_once), rel=1e-9)
    assert sigma_px(at_once) > 0


def test_deviations_are_those_of_the_ice_over_all_drawn_numbers() -> None:
    rng = np.random.default_rng(0)
    parts, levels = rng.integers(3, 40, 500) * 7, rng.integers(0, SURE + 1, 500)
    ground = rng.uniform(0.5, 2.0, 500)
    used, deviations = deviations_m2(parts, levels, ground)
    drawn = np.arange(1, SURE + 1)
    assert used.tolist() == sorted(set(parts.tolist()))
    for part, deviation in zip(used, deviations, strict=True):
        own = parts == part
        ice = (ground[own, None] * (levels[own, None] >= drawn)).sum(axis=0)
        assert deviation == pytest.approx(ice.std(), rel=1e-9)


def test_no_pixel_has_no_deviation() -> None:
    used, deviations = deviations_m2(np.zeros(0, np.int64), np.zeros(0, np.intp), np.zeros(0))
    assert (len(used), len(deviations)) == (0, 0)
