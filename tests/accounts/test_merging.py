"""Merging accounts and contacts, on both databases. Source: spec 6.4."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.accounts.models import Account, Contact
from crm.accounts.services import merging
from crm.calendar.models import Event
from crm.core.db import db
from crm.core.journal import history
from crm.core.merging import MergeRules, Sources, merge, plan_merge
from crm.core.rows import unfiltered
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, table_of
from tests.fixtures import Acting

pytestmark = pytest.mark.both


def merged(
    model: type[Any],
    rules: MergeRules,
    ids: list[int],
    keep: int | None = None,
    sources: Sources | None = None,
) -> Any:
    """Merge the rows with these ids into `keep`, the first one if it is not said."""
    found = table_of(model).fetch_each(ids, "edit", [])
    records = [found[pk] for pk in ids]
    kept = found[ids[0] if keep is None else keep]
    merge(plan_merge(records, kept, sources or {}, rules))
    return kept


def merge_accounts(*ids: int, keep: int | None = None, sources: Sources | None = None) -> Account:
    found: Account = merged(Account, merging.ACCOUNTS, list(ids), keep, sources)
    return found


def merge_contacts(*ids: int, keep: int | None = None) -> Contact:
    found: Contact = merged(Contact, merging.CONTACTS, list(ids), keep)
    return found


def at(day: int) -> dict[str, datetime]:
    starts = datetime(2027, 1, day, 9, tzinfo=UTC)
    return {"starts_at": starts, "ends_at": starts + timedelta(hours=1)}


@pytest.fixture
def two(acting: Acting) -> tuple[int, int]:
    """A has a phone and two opportunities; B an e-mail, a quote, three events and notes."""
    with acting("marc"):
        a = make(Account, name="Faro", phone="04 72 00 00 01")
        b = make(Account, name="FARO SAS", email="contact@faro.example", notes="<p>Le matin</p>")
        for name in ("Alpha", "Beta"):
            make(Opportunity, name=name, account=a)
        make(Quote, account=b)
        for day in (1, 2, 3):
            make(Event, account=b, subject=f"Visite {day}", **at(day))
    return a.id, b.id


def count(model: type[Any], account_id: int) -> int:
    asked = select(func.count()).select_from(model).where(model.account_id == account_id)
    return int(db.session.scalar(asked) or 0)


@pytest.mark.accept("A-42")
def test_the_kept_account_has_what_both_had(acting: Acting, two: tuple[int, int]) -> None:
    a, b = two
    with acting("marc"):
        merge_accounts(a, b)
    with acting("marc"):
        kept = again(db.session.get_one(Account, a))
        assert (kept.phone, kept.email) == ("+33472000001", "contact@faro.example")
        assert kept.notes == "<p>Le matin</p>"
        assert (count(Opportunity, a), count(Quote, a), count(Event, a)) == (2, 1, 3)
        assert kept.next_event_at == at(1)["starts_at"]
        with unfiltered("a test looks into the bin"):
            loser = db.session.get_one(Account, b)
            assert loser.deleted_at is not None
            assert loser.merged_into_id == a


@pytest.mark.accept("A-42")
def test_notes_are_joined_where_chosen(acting: Acting) -> None:
    with acting("marc"):
        a, b = (make(Account, notes=f"<p>{word}</p>").id for word in ("Un", "Deux"))
        both = merge_accounts(a, b, sources={"notes": [a, b]})
        assert both.notes == "<p>Un</p><p>Deux</p>"
        c, d = (make(Account, notes=f"<p>{word}</p>").id for word in ("Trois", "Quatre"))
        assert merge_accounts(c, d, sources={"notes": [d]}).notes == "<p>Quatre</p>"


@pytest.mark.accept("A-96")
def test_the_journal_names_every_link_that_moved(acting: Acting, two: tuple[int, int]) -> None:
    a, b = two
    with acting("marc") as session:
        merge_accounts(a, b)
        told = history(session, session.get_one(Account, a))
        entry = next(one for one in told if one.action == "merged")
        names = {key: [item[0] for item in pair[1]] for key, pair in entry.changes.items()}
        assert names["moved:event"] == ["Visite 1", "Visite 2", "Visite 3"]
        assert len(names["moved:quote"]) == 1
        assert names["merged"] == ["FARO SAS"]
        assert {one.row_id for one in told} == {a, b}, "the journal of both"
        event = session.scalars(select(Event).where(Event.subject == "Visite 1")).one()
        assert event.row_version == 2
        assert history(session, event)[0].changes == {"account_id": [b, a]}
