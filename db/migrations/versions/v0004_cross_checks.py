"""What an expert would check by hand: a column of the run."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; runs from before have no checks."""
    op.add_column("run", sa.Column("checks", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("run", "checks")  # not as a batch: copying the table would delete what hangs on it
