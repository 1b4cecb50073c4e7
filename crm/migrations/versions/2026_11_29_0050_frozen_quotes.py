"""the PDF of a quote is frozen when the quote is finalised"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    with op.batch_alter_table("quote") as quote:
        quote.add_column(sa.Column("pdf_id", sa.Integer(), nullable=True))
        quote.add_column(sa.Column("pdf_sha256", sa.String(length=64), nullable=True))
        quote.create_foreign_key("fk_quote_pdf_id_stored_file", "stored_file", ["pdf_id"], ["id"])
        quote.create_index("ix_quote_pdf_id", ["pdf_id"])


def downgrade() -> None:
    with op.batch_alter_table("quote") as quote:
        quote.drop_index("ix_quote_pdf_id")
        quote.drop_constraint("fk_quote_pdf_id_stored_file", type_="foreignkey")
        quote.drop_column("pdf_sha256")
        quote.drop_column("pdf_id")
