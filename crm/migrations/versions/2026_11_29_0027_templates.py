"""templates of e-mails, chosen by each company; signatures"""

import sqlalchemy as sa
from alembic import op

from crm.core import types
from crm.core.search import indexes

revision = "0027"
down_revision = "0026"

KINDS = (
    "free", "event_reminder", "meeting_reminder", "call_reminder", "task_reminder", "invitation",
    "date_changed", "guest_removed", "quote", "catalog", "notice", "test",
)  # fmt: skip
CHOSEN = tuple(f"{kind}_template_id" for kind in KINDS[1:10])
LIVE, BINNED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
INDEXES = {
    "ix_template_by_kind": (["company_id", "kind", "id"], LIVE),
    "ix_template_by_changed_on": (["company_id", "changed_on", "id"], LIVE),
    "ix_template_bin": (["deleted_at", "id", "company_id"], BINNED),
}


def upgrade() -> None:
    op.create_table(
        "template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", types.Translated(), nullable=False),
        sa.Column("name_key", sa.String(length=300), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*KINDS, name="messagekind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("subject", types.Translated(), nullable=False),
        sa.Column("body", types.Translated(), nullable=False),
        sa.Column("add_signature", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("shipped", sa.String(length=20), nullable=True),
        sa.Column("external_ref", sa.String(length=80), nullable=True),
        sa.Column("deleted_at", types.Instant(), nullable=True),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_on", types.Instant(), nullable=False),
        sa.Column("changed_on", types.Instant(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["ab_user.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"]),
        sa.ForeignKeyConstraint(["created_by_id"], ["ab_user.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("template") as batch:
        for name, (columns, rows) in INDEXES.items():
            where = sa.text(rows)
            batch.create_index(name, columns, sqlite_where=where, postgresql_where=where)
        batch.create_index("ix_template_company_id", ["company_id"])
        batch.create_index("uq_template_shipped", ["shipped"], unique=True)
    indexes.create(op.get_bind(), ["template"])
    with op.batch_alter_table("company_settings") as batch:
        batch.add_column(sa.Column("sender_name", sa.String(length=120)))
        batch.add_column(sa.Column("sender_email", sa.String(length=254)))
        for column in CHOSEN:
            _link_to_template(batch, "company_settings", column)
    with op.batch_alter_table("message") as batch:
        _link_to_template(batch, "message", "template_id", ondelete="SET NULL")
    with op.batch_alter_table("ab_user") as batch:
        batch.add_column(sa.Column("signature", sa.Text()))


def _link_to_template(batch: object, table: str, column: str, **how: str) -> None:
    batch.add_column(sa.Column(column, sa.Integer()))
    batch.create_index(f"ix_{table}_{column}", [column])
    batch.create_foreign_key(f"fk_{table}_{column}_template", "template", [column], ["id"], **how)


def downgrade() -> None:
    with op.batch_alter_table("ab_user") as batch:
        batch.drop_column("signature")
    with op.batch_alter_table("message") as batch:
        _unlink(batch, "message", "template_id")
    with op.batch_alter_table("company_settings") as batch:
        for column in CHOSEN:
            _unlink(batch, "company_settings", column)
        batch.drop_column("sender_email")
        batch.drop_column("sender_name")
    indexes.drop(op.get_bind(), ["template"])
    op.drop_table("template")


def _unlink(batch: object, table: str, column: str) -> None:
    batch.drop_constraint(f"fk_{table}_{column}_template", type_="foreignkey")
    batch.drop_index(f"ix_{table}_{column}")
    batch.drop_column(column)
