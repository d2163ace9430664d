"""Where inputs lie that were not copied: input_place."""

import sqlalchemy as sa
from alembic import op

from db.tables import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; nobody noted the places of older inputs."""
    op.create_table(
        "input_place",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_input_place"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("input_place")
