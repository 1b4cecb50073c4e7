"""Merging accounts and contacts, on both databases. Source: spec 6.4."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.accounts.models import Account, AccountContact, Contact, JobTitle, Nature, Tag
from crm.accounts.services import merging
from crm.calendar.models import Answer, Event, Participant
from crm.core.db import db
from crm.core.errors import DomainError, Forbidden
from crm.core.journal import history
from crm.core.merging import MergeRules, Sources, kept_instead, merge, plan_merge
from crm.core.rows import unfiltered
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, person, remove, save, table_of
from tests.fixtures import Acting, Cast

Counting = Callable[[], AbstractContextManager[list[str]]]

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


def test_links_that_become_double_unite(acting: Acting) -> None:
    with acting("alice"):
        title, tag = make(JobTitle, name={"en": "Director"}), make(Tag, name={"en": "Fair"})
    with acting("marc") as session:
        a, b = make(Account), make(Account)
        title, tag = session.merge(title), session.merge(tag)
        both = make(Contact, links=[{"account": a}, {"account": b, "job_title": title}])
        other = make(Contact, links=[{"account": b, "is_main": True}])
        a.tags, b.tags = [tag], [tag]
        session.flush()
        kept = merge_accounts(a.id, b.id)
        links = session.scalars(select(AccountContact).order_by(AccountContact.contact_id)).all()
        assert [(link.contact_id, link.account_id) for link in links] == [
            (both.id, kept.id),
            (other.id, kept.id),
        ]
        assert (links[0].job_title, [link.is_main for link in links]) == (title, [False, True])
        assert kept.tags == [tag]


def test_the_journal_names_tags_and_addresses_that_moved(acting: Acting) -> None:
    with acting("alice"):
        tag = make(Tag, name={"en": "Fair"})
    with acting("marc") as session:
        a, b = make(Account), make(Account, addresses=[{"street": "1 rue", "city": "Lyon"}])
        b.tags = [session.merge(tag)]
        session.flush()
        changes = history(session, merge_accounts(a.id, b.id))[0].changes
        assert changes["tags"] == [None, [["Fair", ["tag", tag.id]]]]
        moved = next(pair for name, pair in changes.items() if name.startswith("addresses."))
        assert moved[1]["values"]["street"] == "1 rue"


def test_one_main_contact_and_one_default_address_remain(acting: Acting) -> None:
    with acting("marc") as session:
        streets = {"a": ["1 rue Haute", "2 rue Basse"], "b": ["1 Rue Haute", "9 quai Sud"]}
        ids = []
        for lines in streets.values():
            account = make(Account, addresses=[{"street": line, "city": "Lyon"} for line in lines])
            make(Contact, links=[{"account": account, "is_main": True}])
            ids.append(account.id)
        main = session.scalars(
            select(AccountContact.contact_id).order_by(AccountContact.id)
        ).first()
        kept = merge_accounts(*ids)
        assert kept.main_contact is not None
        assert kept.main_contact.contact_id == main
        assert sum(link.is_main for link in kept.links) == 1
        found = {address.street: address.is_default for address in kept.addresses}
        assert found == {"1 rue Haute": True, "2 rue Basse": False, "9 quai Sud": False}


def test_the_country_of_the_main_address_is_known_after_a_merge(acting: Acting) -> None:
    with acting("marc"):
        bare = make(Account, name="Faro")
        other = make(Account, name="Faro 2", addresses=[{"city": "Vigo", "country": "ES"}])
        merge_accounts(bare.id, other.id)
        db.session().expire_all()
        assert again(bare).main_country == "ES"


def test_an_account_never_becomes_its_own_parent(acting: Acting) -> None:
    with acting("marc"):
        top = make(Account, name="Groupe")
        top_id = top.id
        loser = make(Account, name="Holding", parent=top)
        between = make(Account, name="Entre", parent=loser)
        kept = make(Account, name="Filiale", parent=between)
        merge_accounts(kept.id, loser.id)
        assert (again(kept).parent_id, again(between).parent_id) == (None, kept.id)
    with acting("marc"):
        parent = make(Account, name="Mère", parent=db.session.get_one(Account, top_id))
        child = make(Account, name="Fille", parent=parent)
        merge_accounts(child.id, parent.id)
        assert again(child).parent_id == top_id, "the next one that is left"


def test_a_contact_is_never_their_own_manager(acting: Acting) -> None:
    with acting("marc"):
        account = make(Account)
        boss = make(Contact, last_name="Roy", links=[{"account": account}])
        clerk = make(Contact, last_name="Le Roy", links=[{"account": account}], reports_to=boss)
        merge_contacts(clerk.id, boss.id)
        assert again(clerk).reports_to_id is None


def test_a_contact_without_account_gets_those_of_the_other(acting: Acting) -> None:
    with acting("marc"):
        account = make(Account)
        alone = make(Contact, last_name="Roy")
        other = make(Contact, last_name="Roy", links=[{"account": account}])
        event = make(Event, subject="Visite", **at(1))
        make_guest(event, other)
        merge_contacts(alone.id, other.id)
        kept = again(alone)
        assert kept.has_account
        assert [link.account_id for link in kept.links] == [account.id]
        entry = history(db.session(), kept)[0]
        assert entry.changes["moved:event"] == [None, [["Visite", ["event", event.id]]]]
        told = next(iter(history(db.session(), again(event))[0].changes))
        assert told.startswith("participants.")


def make_guest(event: Event, *contacts: Contact) -> None:
    event.participants = [Participant(contact=contact) for contact in contacts]
    db.session.flush()


def test_a_guest_who_is_invited_twice_is_one_with_their_answer(acting: Acting) -> None:
    with acting("marc") as session:
        rows = [make(Contact, last_name="Roy"), make(Contact, last_name="Roy")]
        event = make(Event, **at(1))
        make_guest(event, *rows)
        event.participants[1].answer = Answer.YES
        session.flush()
        merge_contacts(*(row.id for row in rows))
        guests = session.scalars(select(Participant)).all()
        assert [(guest.contact_id, guest.answer) for guest in guests] == [(rows[0].id, Answer.YES)]


def test_private_events_of_others_move_but_are_never_told(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        a, b = make(Account).id, make(Account).id
    with acting("alice") as session:
        event = make(
            Event,
            subject="Secret",
            account=session.get_one(Account, b),
            visibility="private",
            owner=person(cast.alice),
            **at(1),
        ).id
    with acting("marc") as session:
        kept = merge_accounts(a, b)
        assert "moved:event" not in history(session, kept)[0].changes
        assert kept.next_event_at is None
    with acting("alice") as session:
        assert session.get_one(Event, event).account_id == a


def test_a_chain_of_merges_leads_to_the_last(acting: Acting) -> None:
    with acting("marc") as session:
        a, b, c = (make(Account, name=name).id for name in ("Un", "Deux", "Trois"))
        merge_accounts(b, a)
        merge_accounts(c, b)
        assert kept_instead(Account, a).id == c
        assert {one.row_id for one in history(session, session.get_one(Account, c))} == {a, b, c}


def test_the_kept_one_takes_the_siren_of_the_other(acting: Acting) -> None:
    with acting("marc"):
        a, b = make(Account).id, make(Account, siret="55210055400013").id
        kept = merge_accounts(a, b)
        assert (kept.siren, kept.siret) == ("552100554", "55210055400013")


def test_a_person_and_an_organisation_are_one_of_both(acting: Acting) -> None:
    with acting("marc"):
        a = make(Account, name="Roy", nature=Nature.PERSON, first_name="Léa").id
        b = make(Account, name="Roy SARL", siren="552100554").id
        kept = merge_accounts(a, b)
        assert (kept.nature, kept.first_name, kept.siren) == (Nature.PERSON, "Léa", None)


@pytest.mark.accept("A-43")
def test_who_may_not_merge_is_refused_by_the_service_too(acting: Acting) -> None:
    with acting("claire"):
        ids = [make(Account).id for _number in range(2)]
        with pytest.raises(Forbidden):
            merge_accounts(*ids)


@pytest.mark.accept("A-43")
def test_the_service_asks_for_one_of_two_sirens(acting: Acting) -> None:
    with acting("marc"):
        ids = [make(Account, siren=siren).id for siren in ("552100554", "732829320")]
        with pytest.raises(DomainError) as refused:
            merge_accounts(*ids)
        assert refused.value.fields == {"siren": "Choose which one is right."}


def test_a_merge_takes_as_many_statements_for_many_links_as_for_few(
    acting: Acting, counting: Counting
) -> None:
    spent = []
    for number in (1, 60):
        with acting("marc") as session:
            a, b = make(Account), make(Account)
            for _each in range(number):
                make(Opportunity, account=b)
                make(Event, account=b, **at(1))
                make(Contact, links=[{"account": b}])
            ids = [a.id, b.id]
        with acting("marc") as session:
            session.expire_all()
            with counting() as statements:
                merge_accounts(*ids)
            spent.append(len(statements))
    assert spent[1] <= spent[0] + 4, spent
    assert spent[1] < 150


def test_a_parent_in_the_bin_makes_no_cycle(acting: Acting, everything: Any) -> None:
    with acting("marc") as session:
        a, b = make(Account, name="A"), make(Account, name="B")
        between = make(Account, name="Between", parent=b)
        save(a, parent=between)
        remove(between)
        session.commit()
        ids = a.id, b.id, between.id
        merge_accounts(*ids[:2])
    with everything() as session:
        kept, gone = (session.get_one(Account, pk) for pk in (ids[0], ids[2]))
        assert (kept.parent_id, gone.parent_id) == (None, kept.id)
