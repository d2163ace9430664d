"""Outlines of sites, and what runs found inside them: outline_set, outline, ledger."""

import sqlalchemy as sa
from alembic import op

from db.tables import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; sites from before have no outlines."""
    _create_outline_set()
    _create_outline()
    _create_ledger()


def downgrade() -> None:
    """Drop them."""
    for table in ("ledger", "outline", "outline_set"):
        op.drop_table(table)


def _create_outline_set() -> None:
    op.create_table(
        "outline_set",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("outlines", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_outline_set_site_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("site_id", name="pk_outline_set"),
    )


def _create_outline() -> None:
    op.create_table(
        "outline",
        sa.Column("site_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outline_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("source_date", sa.Date(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"], ["outline_set.site_id"], name="fk_outline_site_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("site_id", "position", name="pk_outline"),
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("outlines_sha256", sa.String(64), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_ledger_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name="pk_ledger"),
    )
