"""What Alembic runs: it is handed the connection of a store that is being opened, and reads no file."""

from alembic import context

from storage.opening import VERSION_TABLE
from storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
