"""quotes keep their largest discount, by which those that need approval are found"""

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from crm.core.types import Exact

revision = "0056"
down_revision = "0055"

INDEX = "ix_quote_by_status_largest_discount"
COLUMNS = ["company_id", "status", "largest_discount", "id", "owner_id"]
LIVE = sa.text("deleted_at IS NULL")
ZERO, HUNDRED = Decimal(0), Decimal(100)
BATCH = 5000

QUOTE = sa.table(
    "quote",
    sa.column("id", sa.Integer()),
    sa.column("global_discount", Exact(2)),
    sa.column("largest_discount", Exact(2)),
)
LINE = sa.table(
    "quote_line",
    sa.column("id", sa.Integer()),
    sa.column("quote_id", sa.Integer()),
    sa.column("kind", sa.String()),
    sa.column("unit_price", Exact(4)),
    sa.column("discount_percent", Exact(2)),
    sa.column("discount_amount", Exact(4)),
)


def upgrade() -> None:
    column = sa.Column("largest_discount", Exact(2), server_default="0", nullable=False)
    with op.batch_alter_table("quote") as batch:
        batch.add_column(column)
    _fill()
    op.create_index(INDEX, "quote", COLUMNS, sqlite_where=LIVE, postgresql_where=LIVE)


def _fill() -> None:
    """Those of the quotes that have a discount; the others have none, which is the default."""
    last = 0
    while True:
        found = list(_discounts(last))
        if not found:
            return
        op.get_bind().execute(
            QUOTE.update()
            .where(QUOTE.c.id == sa.bindparam("pk"))
            .values(largest_discount=sa.bindparam("largest")),
            found,
        )
        last = found[-1]["pk"]


def _discounts(last: int) -> Iterator[dict[str, Any]]:
    """Of the next quotes after the key `last`."""
    given = (QUOTE.c.global_discount, LINE.c.discount_percent, LINE.c.discount_amount)
    lines = QUOTE.join(LINE, LINE.c.quote_id == QUOTE.c.id)
    has_discount = sa.and_(LINE.c.kind == "item", sa.or_(*(one > ZERO for one in given)))
    some = sa.select(QUOTE.c.id).select_from(lines).where(QUOTE.c.id > last, has_discount)
    keys = some.distinct().order_by(QUOTE.c.id).limit(BATCH)
    rows = op.get_bind().execute(
        sa.select(QUOTE.c.id, LINE.c.unit_price, *given)
        .select_from(lines)
        .where(QUOTE.c.id.in_(keys), has_discount)
        .order_by(QUOTE.c.id)
    )
    for pk, of_quote in groupby(rows, key=lambda row: row[0]):
        yield {"pk": pk, "largest": max(_effective(*row[1:]) for row in of_quote)}


def _effective(
    price: Decimal | None, overall: Decimal | None, percent: Decimal | None, amount: Decimal | None
) -> Decimal:
    """What is taken off the price, in per cent, rounded up to two decimals."""
    if not price:
        return ZERO
    kept = (price - (amount or ZERO)) * (HUNDRED - (percent or ZERO))
    found = HUNDRED - kept * (HUNDRED - (overall or ZERO)) / HUNDRED / price
    return found.quantize(Decimal("0.01"), ROUND_CEILING)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="quote")
    with op.batch_alter_table("quote") as batch:
        batch.drop_column("largest_discount")
