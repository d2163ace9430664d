"""The errors of the areas: area_error."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; runs from before have no errors."""
    op.create_table(
        "area_error",
        sa.Column("run_id", sa.String(36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("class_key", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        *(
            sa.Column(name, sa.Double(), nullable=False)
            for name in ("estimate_km2", "sigma_km2", "low_km2", "high_km2")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_area_error_run_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_area_error"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("area_error")
