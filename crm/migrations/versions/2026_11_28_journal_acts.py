"""the entries of one transaction share an id; a line's entry has the form of today

Before, `quote_line.quantity` was told without the line: which one it was cannot be known any more.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

LISTS = {"quote_line": "lines", "account_address": "addresses", "account_contact": "links"}


def upgrade() -> None:
    with op.batch_alter_table("journal") as batch_op:
        batch_op.add_column(sa.Column("act_id", sa.String(32), nullable=True))
        batch_op.create_index(batch_op.f("ix_journal_act_id"), ["act_id"])
    journal = sa.table("journal", sa.column("id"), sa.column("changes", sa.JSON))
    for pk, changes in _told_of_lines(journal):
        statement = sa.update(journal).where(journal.c.id == pk)
        op.get_bind().execute(statement.values(changes=_with_contents(changes)))


def downgrade() -> None:
    with op.batch_alter_table("journal") as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_act_id"))
        batch_op.drop_column("act_id")


def _told_of_lines(journal):
    text = sa.cast(journal.c.changes, sa.Text)
    some = sa.or_(*(text.contains(f'"{table}.') for table in LISTS))
    for row in op.get_bind().execute(sa.select(journal.c.id, text).where(some)).all():
        yield row[0], json.loads(row[1])


def _with_contents(changes):
    told, lines = {}, {}
    for name, pair in changes.items():
        table, _, column = name.partition(".")
        if table not in LISTS:
            told[name] = pair
            continue
        for side, value in zip(lines.setdefault(table, ({}, {})), pair, strict=True):
            side[column] = value
    for table, sides in lines.items():
        told[f"{LISTS[table]}.0"] = [{"label": "", "links": [], "values": side} for side in sides]
    return told
