"""Ledgers of runs: computed when they are first asked for, kept until the site's outlines are others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import HistoryError, WeightsError
from core.measure.area_errors import Trust
from core.measure.ledger import Ledger, LedgerLine, MappedTile, measure_ledger
from core.measure.seasonal_snow import measure_snow
from core.models import model_spec
from core.networks.cards import read_card
from core.runs import Run, utc_now
from core.types import OnProgress, ignore_progress
from db.engine import Database
from db.outlines import get_outlines
from db.queries import get_run, missing_run
from db.records import StoredRun
from db.rows import fold
from db.tables import LedgerRow, OutlineSetRow, RunRow, SiteRow

TOTALS = TypeAdapter(Ledger)
LINES = TypeAdapter(tuple[LedgerLine, ...])
CARDS = Path(__file__).resolve().parents[1] / "weights"


def ledger_of(database: Database, run_id: str, on_progress: OnProgress = ignore_progress) -> Ledger | None:
    """What a run found inside the outlines of its site; None where it has no site, or that no outlines.

    Raises:
        HistoryError: no such run, or its class map is gone from the disk.
        OutlineError: outlines cannot be placed on the run's tile.
        TileError: the class map or the votes are damaged.
    """
    with database.read() as session:
        kept = _kept(session, run_id)
    if kept is not None:
        return kept
    stored = get_run(database, run_id)
    outlines = get_outlines(database, stored.site) if stored.site else None
    if outlines is None:
        return None
    ledger = measure_ledger(_mapped(stored), outlines, on_progress)
    votes = _present(stored, "votes")
    if votes is not None:
        ledger = replace(ledger, snow=measure_snow(votes, stored.run.tile.grid, outlines))
    _keep(database, run_id, ledger)
    return ledger


def kept_totals(database: Database, site: str) -> dict[str, Ledger]:
    """By run id what is kept of a site's ledgers, without their lines, in one statement.

    Runs whose ledger was not asked for yet, or was made with other outlines, are missing.
    """
    statement = (
        select(LedgerRow.run_id, LedgerRow.totals)
        .join(RunRow, RunRow.id == LedgerRow.run_id)
        .join(SiteRow, SiteRow.id == RunRow.site_id)
        .join(OutlineSetRow, OutlineSetRow.site_id == SiteRow.id)
        .where(SiteRow.name_key == fold(site), OutlineSetRow.sha256 == LedgerRow.outlines_sha256)
    )
    with database.read() as session:
        return {run_id: TOTALS.validate_python(totals) for run_id, totals in session.execute(statement)}


def _kept(session: Session, run_id: str) -> Ledger | None:
    """The kept ledger, if it was made with the outlines that the run's site has now."""
    statement = (
        select(LedgerRow)
        .join(RunRow, RunRow.id == LedgerRow.run_id)
        .join(OutlineSetRow, OutlineSetRow.site_id == RunRow.site_id)
        .where(LedgerRow.run_id == run_id, OutlineSetRow.sha256 == LedgerRow.outlines_sha256)
    )
    row = session.scalar(statement)
    if row is None:
        return None
    return replace(TOTALS.validate_python(row.totals), lines=LINES.validate_python(row.lines))


def _keep(database: Database, run_id: str, ledger: Ledger) -> None:
    with database.write() as session:
        if session.get(RunRow, run_id, with_for_update=True) is None:
            raise missing_run(run_id)
        session.merge(
            LedgerRow(
                run_id=run_id,
                outlines_sha256=ledger.outlines_sha256,
                totals=TOTALS.dump_python(replace(ledger, lines=()), mode="json"),
                lines=LINES.dump_python(ledger.lines, mode="json"),
                made_at=utc_now(),
            )
        )


def _mapped(stored: StoredRun) -> MappedTile:
    classes = stored.path("classes")
    if classes is None or not classes.is_file():
        raise HistoryError(
            f"The class map of the run {stored.run.id} is not in the data folder, so its areas inside the "
            "outlines cannot be measured. Put its folder back from a backup, or run the tile again."
        )
    return MappedTile(
        classes,
        stored.run.tile.grid,
        model_spec(stored.run.model),
        _present(stored, "probabilities"),
        _trust(stored.run),
        _present(stored, "votes") if stored.run.clouds else None,
    )


def _present(stored: StoredRun, kind: str) -> Path | None:
    """A raster of the run, if it has one and it is still there."""
    path = stored.path(kind)
    return path if path and path.is_file() else None


def _trust(run: Run) -> Trust | None:
    """What the card says about the run's probabilities; None where the weights are no longer here."""
    try:
        card = read_card(CARDS / f"{run.model}.json")
    except WeightsError:
        return None
    return Trust.of(card) if card.sha256 == run.weights_sha256 else None
