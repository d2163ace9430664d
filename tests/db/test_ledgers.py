"""The ledger of a run is measured once and kept, and never outlives what it was measured from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.checks import Rule
from core.errors import HistoryError, OutlineError
from core.export.rasters import classes_raster, probabilities_raster
from core.measure import ledger as ledgers_of_core
from core.measure.votes import ICE, KNOWN, NETWORK
from core.models import MULTICLASS
from core.networks.cards import read_card
from core.runs import Artifact
from core.types import Grid
from db import ledgers
from db.history import History
from tests.core.outlines.shapes import UTM, in_degrees, outlines
from tests.db.runs import make_facts, make_run
from tests.rasters import TRANSFORM, write_tile

SIDE = 64
GRID = Grid.of(UTM, TRANSFORM, SIDE, SIDE)
FIELD, OTHER = outlines(in_degrees((0, 0, 32, 32)), ids=("A-1",)), outlines(in_degrees((0, 0, 64, 64)))


def save_mapped(
    history: History,
    site: str | None = "Zanskar",
    grid: Grid = GRID,
    votes: NDArray[np.uint8] | None = None,
    **changes: Any,
) -> str:
    """A run whose upper half is clean ice, with its rasters."""
    classes = np.zeros((SIDE, SIDE), np.uint8)
    classes[:32] = 1
    kinds = ("classes", "probabilities", *(("votes",) if votes is not None else ()))
    artifacts = tuple(Artifact(kind, f"{kind}.tif", "0" * 64, 1) for kind in kinds)
    run = make_run(model="multiclass", tile=make_facts(grid=grid), artifacts=artifacts, **changes)
    with history.staging() as folder:
        staged = folder / "run"
        staged.mkdir()
        with classes_raster(staged / "classes.tif", grid, MULTICLASS, {}) as raster:
            raster.write(classes, grid.full_window)
        with probabilities_raster(staged / "probabilities.tif", grid, MULTICLASS, {}) as raster:
            raster.write(np.stack([classes * 200, classes * 0, classes * 0]), grid.full_window)
        if votes is not None:
            write_tile(staged / "votes.tif", votes)
        history.save_run(run, staged, site=site)
    return run.id


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes of the outlines of each measurement that is made."""
    calls: list[str] = []

    def counted(mapped: Any, outlines: Any, on_progress: Any) -> Any:
        calls.append(outlines.sha256)
        return ledgers_of_core.measure_ledger(mapped, outlines, on_progress)

    monkeypatch.setattr(ledgers, "measure_ledger", counted)
    return calls


def test_a_ledger_is_measured_once_and_comes_back_the_same(history: History, measured: list[str]) -> None:
    run_id = save_mapped(history)
    history.set_outlines("Zanskar", FIELD)
    assert history.kept_totals("Zanskar") == {}
    first = history.ledger(run_id)
    assert first is not None
    assert first.lines[0].id == "A-1"
    assert first.lines[0].found.ice_km2 == pytest.approx(32 * 32 * 900 / 1e6, rel=2e-3)
    assert history.ledger(run_id) == first
    assert measured == [FIELD.sha256]
    totals = history.kept_totals("zanskar")[run_id]
    assert (totals.inside, totals.lines) == (first.inside, ())


def test_a_run_without_outlines_has_no_ledger(history: History) -> None:
    alone, of_site = save_mapped(history, site=None), save_mapped(history)
    assert history.ledger(alone) is None
    assert history.ledger(of_site) is None
    with pytest.raises(HistoryError, match="has no run"):
        history.ledger("never-there")


def test_other_outlines_make_another_ledger(history: History, measured: list[str]) -> None:
    run_id = save_mapped(history)
    history.set_outlines("Zanskar", FIELD)
    history.ledger(run_id)
    history.set_outlines("Zanskar", OTHER)
    assert history.kept_totals("Zanskar") == {}
    again = history.ledger(run_id)
    assert again is not None
    assert again.outlines_sha256 == OTHER.sha256
    assert measured == [FIELD.sha256, OTHER.sha256]
    history.remove_outlines("Zanskar")
    assert history.ledger(run_id) is None


def test_snow_is_looked_for_around_the_outlines_that_the_site_has_now(history: History) -> None:
    votes = np.full((SIDE, SIDE), KNOWN[Rule.NDSI], np.uint8)
    votes[:, 40:] |= NETWORK | ICE[Rule.NDSI]  # beyond the ring of one, beside the other
    run_id = save_mapped(history, votes=votes)
    beside = outlines(in_degrees((10, 10, 38, 38)))
    history.set_outlines("Zanskar", beside)
    ledger = history.ledger(run_id)
    assert ledger is not None
    assert ledger.snow is not None
    assert ledger.snow.taken_share > 0.1
    assert history.kept_totals("Zanskar")[run_id].snow == ledger.snow
    history.set_outlines("Zanskar", outlines(in_degrees((2, 2, 20, 20))))
    away = history.ledger(run_id)
    assert away is not None
    assert away.snow is not None
    assert away.snow.taken_share == 0
    without = history.ledger(save_mapped(history))
    assert without is not None
    assert without.snow is None


def test_a_run_that_moves_to_another_site_is_measured_with_that_ones_outlines(history: History) -> None:
    run_id = save_mapped(history)
    save_mapped(history, site="Lahaul")
    history.set_outlines("Zanskar", FIELD)
    history.set_outlines("Lahaul", OTHER)
    history.ledger(run_id)
    history.edit_run(run_id, site="Lahaul")
    assert history.kept_totals("Zanskar") == history.kept_totals("Lahaul") == {}
    moved = history.ledger(run_id)
    assert moved is not None
    assert moved.outlines_sha256 == OTHER.sha256
    history.edit_run(run_id, site=None)
    assert history.ledger(run_id) is None


def test_a_deleted_run_takes_its_ledger_along(history: History) -> None:
    run_id = save_mapped(history)
    history.set_outlines("Zanskar", FIELD)
    history.ledger(run_id)
    history.delete_runs([run_id])
    with history._database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM ledger").scalar() == 0


def test_a_renamed_site_keeps_its_ledgers(history: History, measured: list[str]) -> None:
    run_id = save_mapped(history)
    history.set_outlines("Zanskar", FIELD)
    history.ledger(run_id)
    history.rename_site("Zanskar", "Drang Drung")
    assert history.ledger(run_id) is not None
    assert len(measured) == 1


def test_a_lost_class_map_is_told_in_words(local_history: History) -> None:
    run_id = save_mapped(local_history)
    local_history.set_outlines("Zanskar", FIELD)
    (local_history.location.runs / run_id / "classes.tif").unlink()
    with pytest.raises(HistoryError, match=r"class map.*backup.*run the tile again"):
        local_history.ledger(run_id)


def test_a_tile_without_place_is_told_in_words(local_history: History) -> None:
    run_id = save_mapped(local_history, grid=Grid(None, GRID.transform, SIDE, SIDE))
    local_history.set_outlines("Zanskar", FIELD)
    with pytest.raises(OutlineError, match="no coordinate reference system"):
        local_history.ledger(run_id)


def test_the_errors_follow_the_card_of_the_weights(local_history: History) -> None:
    card = read_card(ledgers.CARDS / "multiclass.json")
    known = save_mapped(local_history, weights_sha256=card.sha256)
    unknown = save_mapped(local_history)
    local_history.set_outlines("Zanskar", OTHER)
    sigmas = []
    for run_id in (known, unknown):
        ledger = local_history.ledger(run_id)
        assert ledger is not None
        sigmas.append(ledger.inside.errors[1].sigma_km2)
    assert sigmas[0] > sigmas[1]
