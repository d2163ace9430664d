"""The first tables: site, tile, run, class_area, artifact."""

import sqlalchemy as sa
from alembic import op

from db.tables import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_site()
    _create_tile()
    _create_run()
    _create_class_area()
    _create_artifact()


def downgrade() -> None:
    """Drop them all."""
    for table in ("artifact", "class_area", "run", "tile", "site"):
        op.drop_table(table)


def _create_site() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.UniqueConstraint("name_key", name="uq_site_name_key"),
    )


def _create_tile() -> None:
    op.create_table(
        "tile",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("sensor", sa.Text(), nullable=True),
        sa.Column("acquired_on", sa.Date(), nullable=True),
        sa.Column("grid", sa.JSON(), nullable=False),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("radiometry", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tile"),
        sa.UniqueConstraint("fingerprint", name="uq_tile_fingerprint"),
    )
    op.create_index("ix_tile_sha256", "tile", ["sha256"])


def _create_run() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("tile_id", sa.String(36), nullable=False),
        sa.Column("site_id", sa.String(36), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("note_key", sa.Text(), nullable=False),
        sa.Column("acquired_on", sa.Date(), nullable=True),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("weights_sha256", sa.String(64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("options_key", sa.String(64), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("valid_px", sa.BigInteger(), nullable=False),
        sa.Column("total_px", sa.BigInteger(), nullable=False),
        sa.Column("valid_area_km2", sa.Double(), nullable=True),
        sa.Column("total_area_km2", sa.Double(), nullable=True),
        *(sa.Column(edge, sa.Double(), nullable=True) for edge in ("south", "west", "north", "east")),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        *(
            sa.Column(time, UtcDateTime(), nullable=False)
            for time in ("started_at", "finished_at", "saved_at")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_run_site_id"),
        sa.ForeignKeyConstraint(["tile_id"], ["tile.id"], name="fk_run_tile_id"),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_finished_at_id", "run", ["finished_at", "id"])
    op.create_index("ix_run_model_finished_at", "run", ["model", "finished_at"])
    repeated = ["tile_id", "model", "weights_sha256", "options_key"]
    op.create_index("ix_run_tile_id_model_weights_sha256_options_key", "run", repeated)
    for column in ("site_id", "acquired_on", "weights_sha256"):
        op.create_index(f"ix_run_{column}", "run", [column])


def _create_class_area() -> None:
    op.create_table(
        "class_area",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("class_index", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("is_ice", sa.Boolean(), nullable=False),
        sa.Column("pixels", sa.BigInteger(), nullable=False),
        sa.Column("area_km2", sa.Double(), nullable=True),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("removed_px", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_class_area_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_class_area"),
    )
    op.create_index("ix_class_area_key", "class_area", ["key"])


def _create_artifact() -> None:
    op.create_table(
        "artifact",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_artifact_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_artifact"),
    )
