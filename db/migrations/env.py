"""What Alembic executes to run the steps on the connection that `db.schema` hands in."""

from alembic import context

from db.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite cannot alter a table; Alembic copies it instead
)
context.run_migrations()
