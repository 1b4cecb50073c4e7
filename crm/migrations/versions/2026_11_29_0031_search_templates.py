"""templates are found by their names"""

import sqlalchemy as sa
from alembic import op

from crm.core import types
from crm.core.models.words import words

revision = "0031"
down_revision = "0030"

template = sa.table(
    "template",
    sa.column("id", sa.Integer),
    sa.column("name", types.Translated()),
    sa.column("search_text", sa.Text),
)


def upgrade() -> None:
    bind = op.get_bind()
    for row in bind.execute(sa.select(template.c.id, template.c.name)).all():
        found = " ".join(dict.fromkeys(words(" ".join(row.name.values()))))
        of_row = sa.update(template).where(template.c.id == row.id)
        bind.execute(of_row.values(search_text=found))


def downgrade() -> None:
    op.get_bind().execute(sa.update(template).values(search_text=""))
