"""prospects have statuses, shown by a setting; lost reasons say whether they apply to them"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0054"
down_revision = "0053"

STATUSES = (
    ("To be processed", "À traiter", "open", "gray"),
    ("Marketing qualification", "Qualification marketing", "open", "teal"),
    ("Sales qualification", "Qualification commerciale", "open", "blue"),
    ("Nurturing", "Maturation", "open", "violet"),
    ("Won", "Gagné", "won", "green"),
    ("Lost", "Perdu", "lost", "red"),
)
NOW = "CURRENT_TIMESTAMP"
INDEXES = {
    "ix_account_by_prospect_status_id_name_key": [
        "company_id", "kind", "prospect_status_id", "name_key", "id", "owner_id",
    ],
    "ix_account_by_owner_id_prospect_status_id_name_key": [
        "owner_id", "kind", "prospect_status_id", "name_key", "id", "company_id",
    ],
}  # fmt: skip
LIVE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    _statuses()
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("prospect_status_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("lost_reason_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("lost_comment", sa.Text(), nullable=True))
        batch.create_foreign_key(
            "fk_account_prospect_status_id_prospect_status",
            "prospect_status", ["prospect_status_id"], ["id"],
        )  # fmt: skip
        batch.create_foreign_key(
            "fk_account_lost_reason_id_lost_reason", "lost_reason", ["lost_reason_id"], ["id"]
        )
    first = "(SELECT MIN(id) FROM prospect_status)"
    op.execute(f"UPDATE account SET prospect_status_id = {first} WHERE kind = 'prospect'")
    for name in ("prospect_status_id", "lost_reason_id"):
        op.create_index(f"ix_account_{name}", "account", [name])
    for name, columns in INDEXES.items():
        op.create_index(name, "account", columns, sqlite_where=LIVE, postgresql_where=LIVE)
    with op.batch_alter_table("lost_reason") as batch:
        batch.add_column(sa.Column("for_prospects", sa.Boolean(), server_default="1", nullable=False))
    _settings(first)


def _statuses() -> None:
    op.create_table(
        "prospect_status",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_on", Instant(), nullable=False),
        sa.Column("changed_on", Instant(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("hue", sa.String(length=8), server_default="gray", nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], ["ab_user.id"], name=f"fk_prospect_status_{name}_ab_user"
            )
            for name in ("created_by_id", "changed_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_prospect_status"),
    )
    if not op.get_bind().scalar(sa.text("SELECT COUNT(*) FROM app_settings")):
        return  # a new installation, which `crm init` fills
    insert = sa.text(
        "INSERT INTO prospect_status (created_on, changed_on, name, position, active, kind, hue)"
        f" VALUES ({NOW}, {NOW}, :name, :position, :active, :kind, :hue)"
    )
    insert = insert.bindparams(sa.bindparam("name", type_=sa.JSON()))
    for position, (english, french, kind, hue) in enumerate(STATUSES):
        values = {"name": {"en": english, "fr": french}, "kind": kind, "hue": hue}
        op.get_bind().execute(insert, {**values, "position": position, "active": True})


def _settings(first: str) -> None:
    with op.batch_alter_table("app_settings") as batch:
        batch.add_column(
            sa.Column("manage_prospect_status", sa.Boolean(), server_default="0", nullable=False)
        )
        batch.add_column(sa.Column("prospect_default_status_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_app_settings_prospect_default_status_id_prospect_status",
            "prospect_status", ["prospect_default_status_id"], ["id"],
        )  # fmt: skip
    op.execute(f"UPDATE app_settings SET prospect_default_status_id = {first}")
    with op.batch_alter_table("app_settings") as batch:
        batch.alter_column("prospect_default_status_id", existing_type=sa.Integer(), nullable=False)
    op.create_index(
        "ix_app_settings_prospect_default_status_id", "app_settings", ["prospect_default_status_id"]
    )


def downgrade() -> None:
    op.drop_index("ix_app_settings_prospect_default_status_id", table_name="app_settings")
    with op.batch_alter_table("app_settings") as batch:
        batch.drop_constraint(
            "fk_app_settings_prospect_default_status_id_prospect_status", type_="foreignkey"
        )
        batch.drop_column("prospect_default_status_id")
        batch.drop_column("manage_prospect_status")
    with op.batch_alter_table("lost_reason") as batch:
        batch.drop_column("for_prospects")
    for name in (*INDEXES, "ix_account_lost_reason_id", "ix_account_prospect_status_id"):
        op.drop_index(name, table_name="account")
    with op.batch_alter_table("account") as batch:
        batch.drop_constraint("fk_account_lost_reason_id_lost_reason", type_="foreignkey")
        batch.drop_constraint("fk_account_prospect_status_id_prospect_status", type_="foreignkey")
        for name in ("lost_comment", "lost_reason_id", "prospect_status_id"):
            batch.drop_column(name)
    op.drop_table("prospect_status")
