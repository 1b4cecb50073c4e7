"""events have participants, a visibility and what calendars know them by"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0035"
down_revision = "0034"

WHO = ("user_id", "contact_id", "lead_id", "email")


def upgrade() -> None:
    for name, length, default in (
        ("visibility", 20, "public"),
        ("availability", 20, "busy"),
        ("uid", 36, ""),
    ):
        column = sa.Column(name, sa.String(length), server_default=default, nullable=False)
        op.add_column("event", column)
    op.add_column("event", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    made = "lower(hex(randomblob(16)))" if is_sqlite else "replace(gen_random_uuid()::text, '-', '')"
    op.execute(f"UPDATE event SET uid = {made}")
    op.create_index("uq_event_uid", "event", ["uid"], unique=True)
    # A task takes a day, which does not keep its owner from a meeting.
    op.execute("UPDATE event SET availability = 'free' WHERE type = 'task'")
    _participants()


def _participants() -> None:
    given = " OR ".join(f"{name} IS NOT NULL" for name in WHO)
    op.create_table(
        "event_participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("role", sa.String(length=20), server_default="required", nullable=False),
        sa.Column("answer", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.id"],
            name="fk_event_participant_event_id_event",
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"], [f"{table}.id"], name=f"fk_event_participant_{name}_id_{table}"
            )
            for name, table in (("user", "ab_user"), ("contact", "contact"), ("lead", "lead"))
        ),
        sa.CheckConstraint(given, name=op.f("ck_event_participant_someone")),
        sa.PrimaryKeyConstraint("id", name="pk_event_participant"),
    )
    for name in ("event_id", "user_id", "contact_id", "lead_id"):
        op.create_index(f"ix_event_participant_{name}", "event_participant", [name])
    for name in WHO:
        columns = ["event_id", name]
        op.create_index(
            f"uq_event_participant_{name}", "event_participant", columns, unique=True
        )


def downgrade() -> None:
    op.drop_table("event_participant")
    op.drop_index("uq_event_uid", table_name="event")
    for name in ("sequence", "uid", "availability", "visibility"):
        op.drop_column("event", name)
