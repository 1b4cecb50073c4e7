"""what the guests of events were told, and calendars in messages"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0041"
down_revision = "0040"

OF = {"event": "event", "series": "event_series"}
PEOPLE = (("user", "ab_user"), ("contact", "contact"), ("lead", "lead"))


def upgrade() -> None:
    _invitations()
    _checks()
    for name, kind in (("calendar", sa.Text()), ("calendar_method", sa.String(10))):
        op.add_column("message", sa.Column(name, kind, server_default="", nullable=False))


def _invitations() -> None:
    op.create_table(
        "event_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("key", sa.String(length=254), nullable=False),
        *(sa.Column(f"{name}_id", sa.Integer(), nullable=True) for name, _table in PEOPLE),
        sa.Column("told", sa.String(length=20), nullable=False),
        sa.Column("facts", sa.String(length=64), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("times", sa.Integer(), server_default="0", nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=True),
        sa.Column("url", sa.String(length=255), server_default="", nullable=False),
        *_of_one("event_invitation"),
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"],
                [f"{table}.id"],
                name=f"fk_event_invitation_{name}_id_{table}",
                ondelete="SET NULL",
            )
            for name, table in (*PEOPLE, ("link", "public_link"))
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_invitation"),
        sa.UniqueConstraint("link_id", name="uq_event_invitation_link_id"),
    )
    for name, _table in PEOPLE:
        op.create_index(f"ix_event_invitation_{name}_id", "event_invitation", [f"{name}_id"])
    for name in OF:
        columns = [f"{name}_id", "key"]
        op.create_index(
            f"uq_event_invitation_{name}", "event_invitation", columns, unique=True
        )


def _checks() -> None:
    op.create_table(
        "event_guest_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("is_quiet", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        *_of_one("event_guest_check"),
        sa.PrimaryKeyConstraint("id", name="pk_event_guest_check"),
    )
    op.create_index("ix_event_guest_check_due_at", "event_guest_check", ["due_at"])
    for name in OF:
        op.create_index(
            f"uq_event_guest_check_{name}", "event_guest_check", [f"{name}_id"], unique=True
        )


def _of_one(table: str) -> list[sa.Constraint]:
    return [
        *(
            sa.ForeignKeyConstraint(
                [f"{name}_id"],
                [f"{parent}.id"],
                name=f"fk_{table}_{name}_id_{parent}",
                ondelete="CASCADE",
            )
            for name, parent in OF.items()
        ),
        sa.CheckConstraint(
            "event_id IS NOT NULL OR series_id IS NOT NULL", name=op.f(f"ck_{table}_of_one")
        ),
    ]


def downgrade() -> None:
    for name in ("calendar_method", "calendar"):
        op.drop_column("message", name)
    op.drop_table("event_guest_check")
    op.drop_table("event_invitation")
