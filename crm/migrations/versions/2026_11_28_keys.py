"""on SQLite, too, the key of a deleted row is not given again"""

from alembic import op
from sqlalchemy import Integer, inspect

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _rebuild()


def downgrade() -> None:
    pass  # nothing depends on keys that come again


def _rebuild() -> None:
    """A rebuilt table counts its keys (crm.migrations.rebuild)."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    inspector = inspect(bind)
    for name in inspector.get_table_names():
        if name.startswith("search_"):
            continue  # the search index's own
        keys = inspector.get_pk_constraint(name)["constrained_columns"]
        kinds = {column["name"]: column["type"] for column in inspector.get_columns(name)}
        if len(keys) == 1 and isinstance(kinds[keys[0]], Integer):
            with op.batch_alter_table(name, recreate="always"):
                pass
