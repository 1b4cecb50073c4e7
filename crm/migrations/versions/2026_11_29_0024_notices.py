"""notices, and what each person wants to be told of"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0024"
down_revision = "0023"

ABOUT = ("lead", "account", "contact", "opportunity", "quote", "event")
UNREAD, READ = sa.text("read_at IS NULL"), sa.text("read_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(20), server_default="", nullable=False),
        *(sa.Column(f"{name}_id", sa.Integer(), nullable=True) for name in ABOUT),
        sa.Column("number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("cause", sa.String(80), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("read_at", Instant(), nullable=True),
        _key("user_id", "ab_user", "CASCADE"),
        _key("company_id", "company", "CASCADE"),
        _key("actor_id", "ab_user", "SET NULL"),
        *(_key(f"{name}_id", name, "SET NULL") for name in ABOUT),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("user_id", "cause", name="uq_notice_user_id"),
    )
    op.create_index("ix_notice_company_id", "notice", ["company_id"])
    op.create_index("ix_notice_actor_id", "notice", ["actor_id"])
    op.create_index("ix_notice_of_user", "notice", ["user_id", "id"])
    _partial("unread", ["user_id", "id"], UNREAD)
    _partial("read", ["read_at"], READ)
    for name in ABOUT:
        _partial(name, [f"{name}_id"], sa.text(f"{name}_id IS NOT NULL"))
    op.create_table(
        "notice_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("in_page", sa.Boolean(), server_default="1", nullable=False),
        _key("user_id", "ab_user", "CASCADE", "notice_choice"),
        sa.PrimaryKeyConstraint("id", name="pk_notice_choice"),
        sa.UniqueConstraint("user_id", "kind", name="uq_notice_choice_user_id"),
    )


def downgrade() -> None:
    op.drop_table("notice_choice")
    op.drop_table("notice")


def _key(column: str, target: str, ondelete: str, table: str = "notice") -> sa.Constraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _partial(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(
        f"ix_notice_{name}", "notice", columns, sqlite_where=where, postgresql_where=where
    )
