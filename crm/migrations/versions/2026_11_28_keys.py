"""on SQLite, too, the key of a deleted row is not given again"""

from alembic import op

revision = "0008"
down_revision = "0007"

# Tables whose one key is an integer, made before crm.migrations.rebuild let them count.
UNCOUNTED = """
    SELECT name FROM sqlite_master AS made
    WHERE type = 'table' AND name NOT LIKE 'search\\_%' ESCAPE '\\'
    AND sql NOT LIKE '%AUTOINCREMENT%'
    AND (SELECT group_concat(type) FROM pragma_table_info(made.name) WHERE pk) = 'INTEGER'
"""


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for name in bind.exec_driver_sql(UNCOUNTED).scalars().all():
            with op.batch_alter_table(name, recreate="always"):
                pass


def downgrade() -> None:
    pass  # nothing depends on keys that come again
