"""saved filters of lists, and saved reports"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0058"
down_revision = "0057"

LIVE = "deleted_at IS NULL"
OF = ["user_id", "kind", "entity"]


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("entity", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("name_key", sa.String(80), nullable=False),
        sa.Column("layout", sa.JSON(), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name="fk_saved_view_user_id_ab_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
    )
    op.create_index("ix_saved_view_user_id", "saved_view", ["user_id"])
    _unique("uq_saved_view_name", [*OF, "name_key"], LIVE, LIVE)
    default = f"is_default = 1 AND {LIVE}"
    _unique("uq_saved_view_default", OF, default, f"is_default AND {LIVE}")
    op.create_table(
        "saved_view_group",
        sa.Column("saved_view_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_view_id"],
            ["saved_view.id"],
            name="fk_saved_view_group_saved_view_id_saved_view",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["ab_group.id"],
            name="fk_saved_view_group_group_id_ab_group",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("saved_view_id", "group_id", name="pk_saved_view_group"),
    )
    op.create_index("ix_saved_view_group_group_id", "saved_view_group", ["group_id"])


def downgrade() -> None:
    op.drop_table("saved_view_group")
    op.drop_table("saved_view")


def _unique(name: str, columns: list[str], sqlite: str, postgresql: str) -> None:
    where = {"sqlite_where": sa.text(sqlite), "postgresql_where": sa.text(postgresql)}
    op.create_index(name, "saved_view", columns, unique=True, **where)
