"""a product has a price in each currency, and may be recurring; a line keeps that it is"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Exact

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "product_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("price", Exact(4), nullable=False),
        sa.CheckConstraint("price >= 0", name=op.f("ck_product_price_price_range")),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["product.id"],
            name=op.f("fk_product_price_product_id_product"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_price")),
    )
    op.create_index(op.f("ix_product_price_product_id"), "product_price", ["product_id"])
    op.create_index(
        "uq_product_price_currency", "product_price", ["product_id", "currency"], unique=True
    )
    op.execute(
        "INSERT INTO product_price (product_id, currency, price)"
        " SELECT id, currency, price FROM product ORDER BY id"
    )
    op.drop_index("ix_product_by_price", table_name="product")
    with op.batch_alter_table("product") as product:
        product.drop_constraint(op.f("ck_product_price_range"), type_="check")
        product.drop_column("price")
        product.drop_column("currency")
        product.add_column(sa.Column("recurring_period", sa.Integer(), nullable=True))
    with op.batch_alter_table("quote_line") as line:
        line.add_column(sa.Column("recurring_period", sa.Integer(), nullable=True))
        line.add_column(sa.Column("recurring_duration", sa.Integer(), nullable=True))
        line.create_check_constraint(
            op.f("ck_quote_line_recurring_duration_range"),
            "recurring_duration >= 1 AND recurring_duration <= 120",
        )
    _count()


def _count() -> None:
    products, prices = (
        op.get_bind().scalar(sa.text(f"SELECT count(*) FROM {table}"))  # noqa: S608  two constants
        for table in ("product", "product_price")
    )
    if products != prices:
        raise RuntimeError(f"{products} products, but {prices} prices")


def downgrade() -> None:
    with op.batch_alter_table("quote_line") as line:
        line.drop_constraint(op.f("ck_quote_line_recurring_duration_range"), type_="check")
        line.drop_column("recurring_duration")
        line.drop_column("recurring_period")
    with op.batch_alter_table("product") as product:
        product.drop_column("recurring_period")
        product.add_column(sa.Column("price", Exact(4), nullable=False, server_default="0"))
        product.add_column(
            sa.Column("currency", sa.String(length=3), nullable=False, server_default="")
        )
        product.create_check_constraint(op.f("ck_product_price_range"), "price >= 0")
    # The first of its prices is the one that stays.
    for column in ("price", "currency"):
        first = f"SELECT {column} FROM product_price WHERE product_id = product.id"  # noqa: S608  two constants
        op.execute(f"UPDATE product SET {column} = ({first} ORDER BY id LIMIT 1)")  # noqa: S608  as above
    with op.batch_alter_table("product") as product:
        product.alter_column("price", existing_type=Exact(4), server_default=None)
        product.alter_column("currency", existing_type=sa.String(length=3), server_default=None)
    op.create_index(
        "ix_product_by_price",
        "product",
        ["company_id", "price", "id"],
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("product_price")
