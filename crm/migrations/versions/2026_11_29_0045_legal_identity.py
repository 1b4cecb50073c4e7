"""what the law has a company print on its quotes: form, capital, registry and a note"""

import sqlalchemy as sa
from alembic import op

from crm.core import types

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    with op.batch_alter_table("company") as company:
        company.add_column(sa.Column("legal_form", sa.String(length=40), nullable=True))
        company.add_column(sa.Column("share_capital", types.Money(), nullable=True))
        company.add_column(sa.Column("registry_town", sa.String(length=80), nullable=True))
        company.create_check_constraint(
            op.f("ck_company_share_capital_range"), "share_capital >= 0"
        )
    with op.batch_alter_table("company_settings") as settings:
        settings.add_column(sa.Column("legal_note", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("company_settings") as settings:
        settings.drop_column("legal_note")
    with op.batch_alter_table("company") as company:
        company.drop_constraint(op.f("ck_company_share_capital_range"), type_="check")
        for name in ("registry_town", "share_capital", "legal_form"):
            company.drop_column(name)
