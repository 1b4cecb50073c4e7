"""Rows that were in the bin long enough are purged, and no others."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountAddress
from crm.accounts.services import merging
from crm.catalog.models import Catalog, CatalogType
from crm.core.datamodel import purging
from crm.core.db import db, is_writing
from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.core.files.storing import keep_made
from crm.core.journal import Journal
from crm.core.locks import exclusive
from crm.core.merging import merge, plan_merge
from crm.core.types import utcnow
from crm.opportunities.models import Opportunity
from crm.purging import purge
from crm.quotes.models import Quote, QuoteLine
from tests.factories import make, remove
from tests.fixtures import Acting, Client

pytestmark = pytest.mark.both
Everything = Callable[[], AbstractContextManager[Session]]
LINES = [{"label": "Pompe", "quantity": Decimal(1), "unit_price": Decimal(10)}]


def binned(acting: Acting, everything: Everything, *rows: object, days: int = 91) -> None:
    """Put rows into the bin, so many days ago."""
    with everything() as session:
        for row in rows:
            session.get_one(type(row), row.id).deleted_at = utcnow() - timedelta(days=days)  # type: ignore[attr-defined]


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.accept("A-86")
def test_after_its_days_a_client_goes_for_good_and_its_reference_is_not_given_again(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        first = make(Account, addresses=[{"street": "1 rue", "city": "Lyon"}])
        kept = make(Account, name="Phare")
        deal = make(Opportunity)
    binned(acting, everything, first, deal)
    with app.app_context():
        assert purge() == ["Deleted for good: 1 account, 1 opportunity."]
        assert purge() == ["Deleted for good: nothing."], "it can be run again"
    with acting("claire"):
        again = make(Opportunity)
        assert again.reference > deal.reference
    with everything() as session:
        assert [row.name for row in session.scalars(select(Account))] == [kept.name]
        assert count(session, AccountAddress) == 0
        last = select(Journal).where(Journal.kind == "account", Journal.action == "purged")
        entry = session.scalars(last).one()
        assert entry.changes["name"] == ["Faro", None]
        assert entry.user_id is None
    assert again.id


def test_what_has_days_left_stays(app: Flask, acting: Acting, everything: Everything) -> None:
    with acting("claire"):
        account = make(Account)
    binned(acting, everything, account, days=89)
    with app.app_context():
        assert purge() == ["Deleted for good: nothing."]


def test_a_record_that_others_need_waits_and_is_said(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        account = make(Account)
        quote = make(Quote, account=account, lines=LINES)
    binned(acting, everything, account)
    with app.app_context():
        assert purge() == [
            "Deleted for good: nothing.",
            "Kept in the bin: 1 account, because rows of quote still need them.",
        ]
    binned(acting, everything, quote)
    with app.app_context():
        assert purge() == ["Deleted for good: 1 account, 1 quote."]
    with everything() as session:
        assert (count(session, Account), count(session, QuoteLine)) == (0, 0)


def test_rows_go_in_batches(
    app: Flask, acting: Acting, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "BATCH_SECONDS", 0)
    with acting("claire"):
        accounts = [make(Account, name=f"Faro {number}") for number in range(5)]
    binned(acting, everything, *accounts)
    acts = select(func.count(Journal.act_id.distinct())).where(Journal.action == "purged")
    with app.app_context():
        assert purge() == ["Deleted for good: 5 account."]
    with everything() as session:
        assert session.scalar(acts) == 5


def test_others_may_write_between_two_batches(
    app: Flask, acting: Acting, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[bool] = []
    monkeypatch.setattr(purging, "BATCH", 1)
    monkeypatch.setattr(
        purging, "let_others_write", lambda: free.append(not is_writing(db.session()))
    )
    with acting("claire"):
        accounts = [make(Account, name=f"Faro {number}") for number in range(3)]
    binned(acting, everything, *accounts)
    with app.app_context():
        assert purge() == ["Deleted for good: 3 account."]
    assert free == [True] * 3


def test_a_record_restored_at_the_last_moment_does_not_stop_the_run(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        accounts = [make(Account, name=f"Faro {number}") for number in range(2)]
    binned(acting, everything, *accounts)
    saved = update(Account.__table__).values(row_version=Account.row_version + 1)

    def save(session: Session, context: object, instances: object) -> None:
        session.connection().execute(saved.where(Account.id == accounts[0].id))

    with app.app_context():
        event.listen(db.session, "before_flush", save, once=True)
        assert purge() == ["Deleted for good: 2 account."], "the next pass takes the first one"


def test_a_run_leaves_the_work_to_one_that_is_at_it(app: Flask, acting: Acting) -> None:
    with (
        app.app_context(),
        exclusive(app.extensions["crm.config"], "purge", waits=False) as is_ours,
    ):
        assert is_ours
        (told,) = purge()
    assert told.startswith("Another purge is running")


def keep_catalog(session: Session, name: str, **values: object) -> Catalog:
    """A catalogue with a file."""
    file = keep_made(b"x", f"{name}.pdf", "application/pdf")
    sort = session.scalars(select(CatalogType)).first()
    facts = {"file_name": file.file_name, "file_size": 1, "pages": 1, "type": sort}
    catalog = Catalog(name=name, file=file, **facts, **values)
    session.add(catalog)
    return catalog


def is_kept(file_id: int, key: str, session: Session) -> bool:
    """Whether a file is there, with its row."""
    try:
        storage.read(key).close()
    except FileNotFoundError:
        return False
    return session.get(StoredFile, file_id) is not None


def test_a_catalogue_takes_its_file_along_once_it_is_safe(
    app: Flask, everything: Everything
) -> None:
    with everything() as session:
        catalog = keep_catalog(session, "Tarif", deleted_at=utcnow() - timedelta(days=91))
        session.flush()
        file = catalog.file_id, catalog.file.key
    with everything() as session:
        with session.begin_nested():
            session.delete(session.get_one(Catalog, catalog.id))
        session.rollback()
        assert is_kept(*file, session), "it was given up"
    with app.app_context():
        assert purge() == ["Deleted for good: 1 catalog."]
    with everything() as session:
        assert not is_kept(*file, session)


def test_of_two_catalogues_the_one_that_stays_keeps_its_file(everything: Everything) -> None:
    with everything() as session:
        goes, stays = (keep_catalog(session, name) for name in ("goes", "stays"))
        session.flush()
        gone, kept = ((one.file_id, one.file.key) for one in (goes, stays))
    with everything() as session:
        with session.begin_nested():
            session.delete(session.get_one(Catalog, goes.id))
        savepoint = session.begin_nested()
        session.delete(session.get_one(Catalog, stays.id))
        session.flush()
        savepoint.rollback()
    with everything() as session:
        assert is_kept(*kept, session)
        assert not is_kept(*gone, session)


def test_the_bin_says_what_happens_next(
    acting: Acting, everything: Everything, as_user: Callable[[str], Client]
) -> None:
    with acting("marc"):
        first, second = make(Account), make(Account, name="Phare")
        remove(first)
        remove(second)
    binned(acting, everything, second, days=100)
    page = as_user("marc").get("/prospects/bin/").text
    assert "deleted for good, with their lines and files, once a day" in page
    assert ">today<" in page


@pytest.mark.accept("A-96")
def test_what_was_merged_stays_as_it_leads_to_the_kept_one(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("marc"):
        rows = [make(Account), make(Account)]
        ids = [row.id for row in rows]
        merge(plan_merge(rows, rows[0], {}, merging.ACCOUNTS))
    with everything() as session:
        session.get_one(Account, ids[1]).deleted_at = utcnow() - timedelta(days=400)
    with app.app_context():
        assert purge() == ["Deleted for good: nothing."]
    with everything() as session:
        assert session.get_one(Account, ids[1]).merged_into_id == ids[0]
