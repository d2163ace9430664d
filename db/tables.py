"""The tables of the history, as SQLAlchemy classes.

    site ──< run >── tile        run ──< class_area        run ──< area_error        run ──< artifact
    site ── outline_set ──< outline        run ── ledger

The rows are the one source of truth for a run; `run.json` in the run's folder is a copy for people. So
every fact is stored once, lists and CSV read real columns, and a change of the schema migrates old runs
along. What is only ever read together with its run (options, findings, versions) is JSON. A tile row is
one `TileFacts` value, shared by the runs that saw the same facts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

CONSTRAINT_NAMES = {  # migrations must be able to name what they change
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times in UTC; SQLite would drop the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as it is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; the history stores aware times alone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored time, aware again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_id() -> str:
    """A fresh random id."""
    return str(uuid4())


class Table(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it is
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        str: Text(),
    }


class SiteRow(Table):
    """A named place that runs belong to. `name_key` is the name folded, so that case does not count."""

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class TileRow(Table):
    """What the input check found in a tile.

    `fingerprint` is the hash of all of it: the same content read as other units is another row.
    `acquired_on` is what the file said; the run has what the user says.
    """

    __tablename__ = "tile"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str]
    name_key: Mapped[str]
    sensor: Mapped[str | None]
    acquired_on: Mapped[date | None]
    grid: Mapped[dict[str, Any]]
    bands: Mapped[dict[str, Any]]
    radiometry: Mapped[dict[str, Any]]


class InputPlaceRow(Table):
    """Where the files of an input lie that was not copied; `bands`: band -> path, index, the user's name."""

    __tablename__ = "input_place"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    bands: Mapped[dict[str, Any]]
    noted_at: Mapped[datetime]


class RunRow(Table):
    """One run. `acquired_on`, `note` and the site are the user's to edit; all else stays as computed.

    `options_key` is the hash of the options, so that a repeated run is found by an index.
    """

    __tablename__ = "run"
    __table_args__ = (
        Index(None, "finished_at", "id"),
        Index(None, "model", "finished_at"),
        Index(None, "tile_id", "model", "weights_sha256", "options_key"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tile_id: Mapped[str] = mapped_column(ForeignKey("tile.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    note_key: Mapped[str] = mapped_column(default="")
    acquired_on: Mapped[date | None] = mapped_column(index=True)
    model: Mapped[str] = mapped_column(String(64))
    weights_sha256: Mapped[str] = mapped_column(String(64), index=True)
    options: Mapped[dict[str, Any]]
    options_key: Mapped[str] = mapped_column(String(64))
    threshold: Mapped[float | None]
    valid_px: Mapped[int] = mapped_column(BigInteger)
    total_px: Mapped[int] = mapped_column(BigInteger)
    valid_area_km2: Mapped[float | None]
    total_area_km2: Mapped[float | None]
    cut_edge_share: Mapped[float | None]
    cut_no_data_share: Mapped[float | None]
    south: Mapped[float | None]
    west: Mapped[float | None]
    north: Mapped[float | None]
    east: Mapped[float | None]
    findings: Mapped[list[Any]]
    checks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    versions: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    saved_at: Mapped[datetime]

    tile: Mapped[TileRow] = relationship(lazy="raise")
    site: Mapped[SiteRow | None] = relationship(lazy="raise")
    areas: Mapped[list[ClassAreaRow]] = relationship(
        order_by="ClassAreaRow.position", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )
    errors: Mapped[list[AreaErrorRow]] = relationship(
        order_by="AreaErrorRow.position", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )
    artifacts: Mapped[list[ArtifactRow]] = relationship(
        order_by="ArtifactRow.position", cascade="all, delete-orphan", passive_deletes=True, lazy="raise"
    )


class ClassAreaRow(Table):
    """Area of one class of a run. `is_ice` is kept so that old runs do not depend on today's registry."""

    __tablename__ = "class_area"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_index: Mapped[int]
    key: Mapped[str] = mapped_column(String(64), index=True)
    label: Mapped[str]
    is_ice: Mapped[bool]
    pixels: Mapped[int] = mapped_column(BigInteger)
    area_km2: Mapped[float | None]
    share: Mapped[float]
    removed_px: Mapped[int] = mapped_column(BigInteger)


class AreaErrorRow(Table):
    """The error of one area of a run, in one kind."""

    __tablename__ = "area_error"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    class_key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    estimate_km2: Mapped[float]
    sigma_km2: Mapped[float]
    low_km2: Mapped[float]
    high_km2: Mapped[float]


class ArtifactRow(Table):
    """One file in a run's folder."""

    __tablename__ = "artifact"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class OutlineSetRow(Table):
    """A site's glacier outlines as a whole. `sha256` tells whether a ledger was made with these."""

    __tablename__ = "outline_set"

    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str]
    outlines: Mapped[int]
    findings: Mapped[list[Any]]
    saved_at: Mapped[datetime]


class OutlineRow(Table):
    """One outline. `number` is its place in its file, `outline_id` its id there, `shape` WKB in degrees."""

    __tablename__ = "outline"

    site_id: Mapped[str] = mapped_column(
        ForeignKey("outline_set.site_id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    outline_id: Mapped[str | None]
    name: Mapped[str | None]
    source: Mapped[str] = mapped_column(String(16))
    source_date: Mapped[date | None]
    attributes: Mapped[dict[str, Any]]
    shape: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerRow(Table):
    """What a run found inside outlines, kept so that it is computed once.

    `outlines_sha256` names the outlines: it is out of date when the run's site has others. `totals` is what
    series read of many runs; `lines` has an entry an outline.
    """

    __tablename__ = "ledger"

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    outlines_sha256: Mapped[str] = mapped_column(String(64))
    totals: Mapped[dict[str, Any]]
    lines: Mapped[list[Any]]
    made_at: Mapped[datetime]
