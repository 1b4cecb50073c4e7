"""files have a table; catalogues keep their former files

The files of catalogues stay where they are, under the names that they have.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op
from flask import current_app

from crm.core import types

revision = "0022"
down_revision = "0021"

# (column of the catalogue, ending, media type)
KINDS = (("file_id", "pdf", "application/pdf"), ("cover_id", "png", "image/png"))

CATALOG = sa.table(
    "catalog",
    *map(sa.column, ("id", "file", "file_name", "file_id", "cover_id", "created_by_id")),
    sa.column("created_on", types.Instant()),
)
STORED = sa.table(
    "stored_file",
    *map(sa.column, ("id", "key", "file_name", "media_type", "size", "sha256", "created_by_id")),
    sa.column("is_safe", sa.Boolean()),
    sa.column("created_on", types.Instant()),
)


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("is_safe", sa.Boolean(), nullable=False),
        sa.Column("created_on", types.Instant(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name="fk_stored_file_created_by_id_ab_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_stored_file"),
        sa.UniqueConstraint("key", name="uq_stored_file_key"),
    )
    op.create_table(
        "catalog_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("catalog_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("replaced_on", types.Instant(timezone=True), nullable=False),
        sa.Column("replaced_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["catalog_id"], ["catalog.id"], ondelete="CASCADE",
            name="fk_catalog_version_catalog_id_catalog",
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name="fk_catalog_version_file_id_stored_file"
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"], ["ab_user.id"], name="fk_catalog_version_replaced_by_id_ab_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_version"),
    )  # fmt: skip
    for name in ("catalog_id", "file_id"):
        op.create_index(f"ix_catalog_version_{name}", "catalog_version", [name])
    for name, _ending, _type in KINDS:
        op.add_column("catalog", sa.Column(name, sa.Integer(), nullable=True))
    _carry_over()
    with op.batch_alter_table("catalog") as batch:
        batch.alter_column("file_id", existing_type=sa.Integer(), nullable=False)
        for name, _ending, _type in KINDS:
            batch.create_foreign_key(f"fk_catalog_{name}_stored_file", "stored_file", [name], ["id"])
            batch.create_index(f"ix_catalog_{name}", [name])
        batch.drop_column("file")


def _carry_over() -> None:
    """A row for the PDF of each catalogue and, where it is there, for its cover."""
    bind = op.get_bind()
    for catalog in bind.execute(sa.select(CATALOG)).all():
        for name, ending, media_type in KINDS:
            values = _told(f"catalogs/{catalog.file}.{ending}")
            if values is None and name == "file_id":
                values = {"size": 0, "sha256": ""}  # answered as a 404, as before
            if values is None:
                continue
            added = sa.insert(STORED).values(
                key=f"catalogs/{catalog.file}.{ending}",
                file_name=catalog.file_name if ending == "pdf" else f"{catalog.file_name[:250]}.png",
                media_type=media_type,
                is_safe=True,
                created_on=catalog.created_on,
                created_by_id=catalog.created_by_id,
                **values,
            )
            pk = bind.execute(added.returning(STORED.c.id)).scalar_one()
            ours = sa.update(CATALOG).where(CATALOG.c.id == catalog.id)
            bind.execute(ours.values({name: pk}))


def _told(key: str) -> dict[str, Any] | None:
    """Size and SHA-256 of a file in the folder; None where it is missing."""
    path = _folder() / key
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return {
            "size": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def _folder() -> Path:
    """Where files were kept before: no address of a store could be named."""
    return Path(current_app.extensions["crm.config"].files)


def downgrade() -> None:
    op.add_column("catalog", sa.Column("file", sa.String(40), nullable=True))
    bind = op.get_bind()
    for pk, name in _former_names():
        bind.execute(sa.update(CATALOG).where(CATALOG.c.id == pk).values(file=name))
    with op.batch_alter_table("catalog") as batch:
        for name, _ending, _type in KINDS:
            batch.drop_index(f"ix_catalog_{name}")
            batch.drop_constraint(f"fk_catalog_{name}_stored_file", type_="foreignkey")
            batch.drop_column(name)
        batch.alter_column("file", existing_type=sa.String(40), nullable=False)
    op.drop_table("catalog_version")
    op.drop_table("stored_file")


def _former_names() -> Iterator[tuple[int, str]]:
    """(catalogue, name of its file), with copies of the files that have a name of today."""
    covers = STORED.alias()
    found = (
        sa.select(CATALOG.c.id, STORED.c.key, covers.c.key.label("cover"))
        .join(STORED, STORED.c.id == CATALOG.c.file_id)
        .outerjoin(covers, covers.c.id == CATALOG.c.cover_id)
    )
    for row in op.get_bind().execute(found).all():
        name = Path(row.key).stem[:40]
        for key, ending in ((row.key, "pdf"), (row.cover, "png")):
            here, there = _folder() / (key or ""), _folder() / f"catalogs/{name}.{ending}"
            if here.is_file() and here != there:
                there.parent.mkdir(exist_ok=True)
                shutil.copyfile(here, there)
        yield row.id, name
