"""The outlines of a site: one set each, stored and given back as they were."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import shapely
from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core.outlines.outline import Attribute, Outline, OutlineSet
from core.runs import utc_now
from core.types import Finding
from db.engine import Database
from db.rows import clean, fold
from db.sites import find_site
from db.tables import OutlineRow, OutlineSetRow, SiteRow

FINDINGS = TypeAdapter(tuple[Finding, ...])
CHUNK = 2000  # outlines in one statement: some megabytes at the most


def set_outlines(database: Database, site: str, outlines: OutlineSet) -> None:
    """Give a site outlines, instead of those that it had.

    Raises:
        HistoryError: there is no such site, or the database refuses.
    """
    outlines = _storable(outlines)
    with database.write() as session:
        site_id = find_site(session, site).id
        session.execute(delete(OutlineSetRow).where(OutlineSetRow.site_id == site_id))
        session.add(
            OutlineSetRow(
                site_id=site_id,
                sha256=outlines.sha256,
                origin=outlines.origin,
                outlines=len(outlines),
                findings=FINDINGS.dump_python(outlines.findings, mode="json"),
                saved_at=utc_now(),
            )
        )
        session.flush()
        rows = _rows(site_id, outlines)
        for start in range(0, len(rows), CHUNK):
            session.execute(insert(OutlineRow), rows[start : start + CHUNK])


def get_outlines(database: Database, site: str) -> OutlineSet | None:
    """The outlines of a site; None where it has none, or there is no such site."""
    with database.read() as session:
        head = session.scalar(
            select(OutlineSetRow)
            .join(SiteRow, SiteRow.id == OutlineSetRow.site_id)
            .where(SiteRow.name_key == fold(site))
        )
        return None if head is None else _outlines_of(session, head)


def remove_outlines(database: Database, site: str) -> None:
    """Take a site's outlines away; a site without any is fine.

    Raises:
        HistoryError: there is no such site.
    """
    with database.write() as session:
        site_id = find_site(session, site).id
        session.execute(delete(OutlineSetRow).where(OutlineSetRow.site_id == site_id))


def inherit_outlines(session: Session, heir: SiteRow, giver: SiteRow) -> None:
    """Move the outlines of a site that is about to go to another one, unless that has its own."""
    if session.get(OutlineSetRow, heir.id) is not None:
        return
    head = session.get(OutlineSetRow, giver.id)
    if head is None:
        return
    kept = ("sha256", "origin", "outlines", "findings", "saved_at")
    session.add(OutlineSetRow(site_id=heir.id, **{name: getattr(head, name) for name in kept}))
    session.flush()
    session.execute(update(OutlineRow).where(OutlineRow.site_id == giver.id).values(site_id=heir.id))
    session.delete(head)
    session.flush()


def _outlines_of(session: Session, head: OutlineSetRow) -> OutlineSet:
    columns = OutlineRow.__table__.columns
    rows = session.execute(
        select(*columns).where(OutlineRow.site_id == head.site_id).order_by(OutlineRow.position)
    ).all()
    shapes = shapely.from_wkb([row.shape for row in rows])
    found = (
        Outline(
            number=row.number,
            id=row.outline_id,
            name=row.name,
            geometry=shape,
            source=row.source,
            source_date=row.source_date,
            attributes=row.attributes,
        )
        for row, shape in zip(rows, shapes, strict=True)
    )
    return OutlineSet(tuple(found), head.origin, FINDINGS.validate_python(head.findings))


def _storable(outlines: OutlineSet) -> OutlineSet:
    """The outlines as every database can hold them, so that their hash is that of what comes back."""
    kept = (
        replace(
            outline,
            id=None if outline.id is None else clean(outline.id),
            name=None if outline.name is None else clean(outline.name),
            attributes={clean(key): _storable_value(value) for key, value in outline.attributes.items()},
        )
        for outline in outlines.outlines
    )
    return OutlineSet(tuple(kept), clean(outlines.origin), outlines.findings)


def _storable_value(value: Attribute) -> Attribute:
    """A value that JSON has: no text that databases refuse, no infinity."""
    if isinstance(value, str):
        return clean(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rows(site_id: str, outlines: OutlineSet) -> list[dict[str, Any]]:
    shapes = shapely.to_wkb(outlines.geometries)
    return [
        {
            "site_id": site_id,
            "position": position,
            "number": outline.number,
            "outline_id": outline.id,
            "name": outline.name,
            "source": outline.source,
            "source_date": outline.source_date,
            "attributes": outline.attributes,
            "shape": shape,
        }
        for position, (outline, shape) in enumerate(zip(outlines.outlines, shapes, strict=True))
    ]
