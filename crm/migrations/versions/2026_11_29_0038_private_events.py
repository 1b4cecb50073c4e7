"""lists of events leave out private ones by their index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

COLUMNS = (
    ("starts_at",), ("owner_id", "starts_at"), ("agency_id", "starts_at"),
    ("owner_id", "agency_id", "starts_at"), ("name_key",), ("type", "starts_at"),
    ("status", "starts_at"), ("changed_on",),
)  # fmt: skip


# The events of a person, by the index alone.
MINE, PARTICIPANT = "ix_event_participant_user_id", "event_participant"


def upgrade() -> None:
    _make(("visibility",))
    op.drop_index(MINE, table_name=PARTICIPANT)
    op.create_index(MINE, PARTICIPANT, ["user_id", "event_id"])
    where = sa.text("deleted_at IS NULL AND visibility = 'private'")
    columns = ["starts_at", "ends_at", "owner_id"]
    op.create_index(
        "ix_event_private", "event", columns, sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index("ix_event_private", table_name="event")
    op.drop_index(MINE, table_name=PARTICIPANT)
    op.create_index(MINE, PARTICIPANT, ["user_id"])
    _make(())


def _make(covers: tuple[str, ...]) -> None:
    """The indexes of the lists, with these columns behind the owner."""
    for order in COLUMNS:
        name = f"ix_event_by_{'_'.join(order)}"
        if order[0] in ("owner_id", "agency_id"):
            owner = () if "owner_id" in order else ("owner_id",)
            _again(name, (*order, "id", "company_id", *owner, *covers), "deleted_at IS NULL")
        else:
            _again(name, ("company_id", *order, "id", "owner_id", *covers), "deleted_at IS NULL")
    bin_ = ("deleted_at", "id", "company_id", "owner_id", *covers)
    _again("ix_event_bin", bin_, "deleted_at IS NOT NULL")


def _again(name: str, columns: tuple[str, ...], rows: str) -> None:
    where = sa.text(rows)
    op.drop_index(name, table_name="event")
    op.create_index(name, "event", columns, sqlite_where=where, postgresql_where=where)
