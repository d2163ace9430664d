"""Where the outline of a run's ice was cut off: two columns of the run."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
COLUMNS = ("cut_edge_share", "cut_no_data_share")


def upgrade() -> None:
    """Add the columns; runs from before did not measure it."""
    for name in COLUMNS:
        op.add_column("run", sa.Column(name, sa.Double(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in COLUMNS:
        op.drop_column("run", name)
