"""the stays of opportunities in their stages, so far as the journal tells them"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0047"
down_revision = "0046"

TABLE = "opportunity_stage_time"
STILL = sa.text("left_at IS NULL")
PAIR = {
    "sqlite": ("json_extract(j.changes, '$.stage_id[0]')", "json_extract(j.changes, '$.stage_id[1]')"),
    "postgresql": (
        "CAST(j.changes -> 'stage_id' ->> 0 AS INTEGER)",
        "CAST(j.changes -> 'stage_id' ->> 1 AS INTEGER)",
    ),
}  # fmt: skip
# Every stage that the journal saw it in, and the one before the first entry, since it was created;
# where the journal says nothing of the present one, that too. Not what is told of a purged row,
# whose id SQLite may have given again.
FILL = """
    WITH purged AS (
        SELECT row_id, MAX(id) AS id FROM journal
        WHERE kind = 'opportunity' AND action = 'purged' GROUP BY row_id
    ), told AS (
        SELECT o.id AS opportunity_id, j.id AS place, j.at AS at, {was} AS was, {now} AS stage_id,
            o.created_on AS created_on,
            ROW_NUMBER() OVER (PARTITION BY o.id ORDER BY j.id) AS number,
            ROW_NUMBER() OVER (PARTITION BY o.id ORDER BY j.id DESC) AS back
        FROM opportunity o JOIN journal j ON j.kind = 'opportunity' AND j.row_id = o.id
        LEFT JOIN purged p ON p.row_id = o.id
        WHERE {now} IS NOT NULL AND j.id > COALESCE(p.id, 0)
    ), stays AS (
        SELECT opportunity_id, place, at, stage_id FROM told
        UNION ALL
        SELECT opportunity_id, 0, created_on, was FROM told WHERE number = 1 AND was IS NOT NULL
        UNION ALL
        SELECT o.id, {last}, o.stage_since, o.stage_id FROM opportunity o
        LEFT JOIN told t ON t.opportunity_id = o.id AND t.back = 1
        WHERE t.stage_id IS NULL OR t.stage_id <> o.stage_id
    ), ordered AS (
        SELECT opportunity_id, place, stage_id, at,
            LEAD(at) OVER (PARTITION BY opportunity_id ORDER BY place) AS left_at
        FROM stays
    )
    INSERT INTO opportunity_stage_time (opportunity_id, stage_id, entered_at, left_at)
    SELECT d.opportunity_id, d.stage_id, d.at, d.left_at
    FROM ordered d JOIN stage s ON s.id = d.stage_id
    ORDER BY d.opportunity_id, d.place
"""


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=False),
        sa.Column("stage_id", sa.Integer(), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("left_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunity.id"],
            name="fk_opportunity_stage_time_opportunity_id_opportunity",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stage_id"], ["stage.id"], name="fk_opportunity_stage_time_stage_id_stage"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_opportunity_stage_time"),
    )
    was, now = PAIR[op.get_bind().dialect.name]
    op.execute(FILL.format(was=was, now=now, last=2**31 - 1))
    op.create_index("ix_opportunity_stage_time_row", TABLE, ["opportunity_id", "id"])
    op.create_index("ix_opportunity_stage_time_stage_id", TABLE, ["stage_id"])
    op.create_index(
        "uq_opportunity_stage_time_present",
        TABLE,
        ["opportunity_id"],
        unique=True,
        sqlite_where=STILL,
        postgresql_where=STILL,
    )


def downgrade() -> None:
    op.drop_table(TABLE)
