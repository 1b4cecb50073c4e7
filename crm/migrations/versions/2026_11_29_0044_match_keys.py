"""the keys by which duplicates are found, and the e-mail domains that make nobody one"""

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

from crm.duplicates.facts import Facts
from crm.duplicates.keys import keys_of
from crm.duplicates.profile import profile_of

revision = "0044"
down_revision = "0043"

IGNORED = (
    "gmail.com\noutlook.com\nhotmail.com\nyahoo.fr\norange.fr\nfree.fr\nwanadoo.fr\nlaposte.net\n"
    "sfr.fr\nicloud.com"
)
AT_ONCE = 2_000  # records
ALL = "SELECT {} FROM {} WHERE deleted_at IS NULL AND id > :last ORDER BY id LIMIT :most"
DETAILS = "id, company_id, email, phone, mobile, first_name"


def upgrade() -> None:
    column = sa.Column("ignored_email_domains", sa.Text(), nullable=True, server_default=IGNORED)
    op.add_column("app_settings", column)
    for name, read in (("lead", read_leads), ("account", _accounts), ("contact", _contacts)):
        make_keys(name, read)


def make_keys(name: str, read) -> None:
    """The table with the keys of every record; its index comes last, sorted at once."""
    _make(name)
    _fill(name, read)
    op.create_index(f"ix_{name}_match_key_key", f"{name}_match_key", ["key", f"{name}_id"])


def _make(name: str) -> None:
    pk = f"{name}_id"
    op.create_table(
        f"{name}_match_key",
        sa.Column(pk, sa.Integer(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            [pk], [f"{name}.id"], name=f"fk_{name}_match_key_{pk}_{name}", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(pk, "key", name=f"pk_{name}_match_key"),
        sqlite_with_rowid=False,
    )


def _fill(name: str, read) -> None:
    """Write the keys of every record outside the bin, so many at a time, in the order of its table."""
    bind, pk, last, done = op.get_bind(), f"{name}_id", 0, 0
    made = sa.table(f"{name}_match_key", sa.column(pk), sa.column("key"))
    counted = sa.text(f"SELECT count(*) FROM {name} WHERE deleted_at IS NULL")
    before = bind.scalar(counted)
    while facts := read(bind, last):
        last, done = max(facts), done + len(facts)
        rows = [
            {pk: record, "key": key}
            for record, one in sorted(facts.items())
            for key in sorted(keys_of(profile_of(one)))
        ]
        if rows:
            bind.execute(sa.insert(made), rows)
    if not before == done == bind.scalar(counted):
        raise RuntimeError(f"{done} of {before} rows of {name} have their keys")


def _rows(bind, columns: str, table: str, last: int):
    return bind.execute(sa.text(ALL.format(columns, table)), {"last": last, "most": AT_ONCE}).all()


def _details(row) -> dict:
    return {
        "company_id": row.company_id,
        "email": row.email or "",
        "phones": frozenset(filter(None, (row.phone, row.mobile))),
        "mobiles": frozenset(filter(None, (row.mobile,))),
    }


def read_leads(bind, last: int) -> dict[int, Facts]:
    columns = f"{DETAILS}, last_name, organization, website, postal_code, city"
    return {
        row.id: Facts(
            **_details(row),
            organization=row.organization or "",
            person=(row.first_name or "", row.last_name or ""),
            website=row.website or "",
            postal_codes=frozenset(filter(None, (row.postal_code,))),
            cities=frozenset(filter(None, (row.city,))),
        )
        for row in _rows(bind, columns, "lead", last)
    }


def _accounts(bind, last: int) -> dict[int, Facts]:
    columns = f"{DETAILS}, nature, name, website, siren, siret, vat_number"
    rows = _rows(bind, columns, "account", last)
    places = _lines(bind, "account_id, postal_code, city", "account_address", "account_id", rows)
    found = {}
    for row in rows:
        is_person = row.nature == "person"
        found[row.id] = Facts(
            **_details(row),
            organization="" if is_person else row.name,
            person=(row.first_name or "", row.name) if is_person else ("", ""),
            website=row.website or "",
            siren=row.siren or "",
            siret=row.siret or "",
            vat_number=row.vat_number or "",
            postal_codes=frozenset(filter(None, (one.postal_code for one in places[row.id]))),
            cities=frozenset(filter(None, (one.city for one in places[row.id]))),
        )
    return found


def _contacts(bind, last: int) -> dict[int, Facts]:
    rows = _rows(bind, f"{DETAILS}, last_name", "contact", last)
    links = _lines(bind, "contact_id, account_id", "account_contact", "contact_id", rows)
    return {
        row.id: Facts(
            **_details(row),
            person=(row.first_name or "", row.last_name),
            accounts=frozenset(one.account_id for one in links[row.id]),
        )
        for row in rows
    }


def _lines(bind, columns: str, table: str, key: str, rows) -> dict[int, list]:
    """The lines of these records, which follow each other, by record."""
    found = defaultdict(list)
    if rows:
        asked = f"SELECT {columns} FROM {table} WHERE {key} BETWEEN :first AND :last"
        for line in bind.execute(sa.text(asked), {"first": rows[0].id, "last": rows[-1].id}):
            found[getattr(line, key)].append(line)
    return found


def downgrade() -> None:
    for name in ("lead", "account", "contact"):
        op.drop_index(f"ix_{name}_match_key_key", table_name=f"{name}_match_key")
        op.drop_table(f"{name}_match_key")
    op.drop_column("app_settings", "ignored_email_domains")
