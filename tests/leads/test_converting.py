"""Conversion of a lead: what it becomes, what goes along, and how it is undone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import (
    Account,
    AccountKind,
    Contact,
    Industry,
    JobTitle,
    LostReason,
    Nature,
    Source,
)
from crm.accounts.services.merging import ACCOUNTS
from crm.calendar import services as event_services
from crm.calendar.models import Event
from crm.companies.actors import load_actor
from crm.companies.models import AppSettings, Group
from crm.core.actor import acting_as
from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.journal import history
from crm.core.merging import merge, plan_merge
from crm.core.types import utcnow
from crm.leads import services
from crm.leads.conversion.outlook import moved_words
from crm.leads.models import Lead, LeadStatus
from crm.leads.services import Conversion
from crm.mail.models import Message, MessageKind
from crm.mail.services import Mail, queue
from crm.opportunities.models import Opportunity
from tests.breaking import broken_everywhere
from tests.factories import again, make, person, save, word
from tests.fixtures import Acting, Cast

pytestmark = pytest.mark.both
Everything = Callable[[], AbstractContextManager[Session]]

NEW = Conversion(new_account={}, new_contact={}, opportunity={"amount": Decimal(8000)})


def full_lead(**values: Any) -> Lead:
    """A lead with all that a conversion copies."""
    said = {
        "organization": "Bâti Rhône",
        "civility": "ms",
        "first_name": "Sophie",
        "last_name": "Marchand",
        "email": "s.marchand@batirhone.example",
        "phone": "04 65 71 20 18",
        "website": "https://www.batirhone.example",
        "address": "4 rue Haute",
        "postal_code": "69001",
        "city": "Lyon",
        "industry": word(Industry, "Construction"),
        "source": word(Source, "Trade show"),
        "job_title": word(JobTitle, "Chief executive"),
        "company_size": "20–99",
        "score": 4,
        "key_account": True,
        "do_not_call": True,
        "description": "<p>Wants <strong>forty</strong> printers</p>",
    }
    return make(Lead, **{**said, **values})


def with_past(lead: Lead) -> Lead:
    """The lead with two events and an e-mail."""
    for subject in ("Call", "Visit"):
        make(Event, subject=subject, lead=lead)
    queue(
        Mail(
            cause=f"test:{lead.id}",
            company_id=lead.company_id,
            kind=MessageKind.FREE,
            subject="Our printers",
            to_address=lead.email,
            related={"lead": lead.id},
        )
    )
    return lead


@pytest.mark.accept("A-32")
def test_a_lead_becomes_a_prospect_a_contact_and_an_opportunity(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        lead = with_past(full_lead())
        session.commit()
        services.convert(lead, NEW)
        session.commit()
        account, contact, opportunity = lead.account, lead.contact, lead.opportunity
        assert (account.kind, account.nature) == (AccountKind.PROSPECT, Nature.ORGANIZATION)
        assert (account.name, account.phone) == ("Bâti Rhône", "+33465712018")
        assert (account.owner_id, account.score, account.key_account) == (cast.claire, 4, True)
        assert (account.employees, account.industry) == (20, lead.industry)
        assert account.notes == lead.description
        assert str(account.main_address) == "4 rue Haute\n69001 Lyon"
        assert account.email is None, "it is the contact's"
        assert (contact.name, contact.email) == ("Sophie Marchand", lead.email)
        assert (contact.do_not_call, contact.main_link.is_main) == (True, True)
        assert contact.main_link.job_title is lead.job_title
        assert opportunity.name == "Bâti Rhône – Trade show"
        assert (opportunity.amount, opportunity.contact) == (Decimal(8000), contact)
        assert (opportunity.account, opportunity.lead) == (account, lead)
        for row in (*session.scalars(select(Event)), *session.scalars(select(Message))):
            assert (row.lead_id, row.account_id) == (lead.id, account.id)
            assert (row.contact_id, row.opportunity_id) == (contact.id, opportunity.id)
        assert str(lead.status) == "Converted"
        assert lead.converted_by_id == cast.claire
        assert account.next_event_at == lead.next_event_at is not None
        for row in (lead, account, contact, opportunity):
            assert history(session, row)


@pytest.mark.accept("A-32")
def test_a_converted_lead_is_read_only(acting: Acting) -> None:
    with acting("claire") as session:
        lead = full_lead()
        services.convert(lead, NEW)
        session.commit()
        refused = "This lead is converted and can no longer be changed."
        for values in ({"phone": "01 02 03 04 05"}, {"source": None}, {"score": 1}):
            with pytest.raises(DomainError) as no:
                save(lead, **values)
            assert no.value.fields == dict.fromkeys(values, refused)
            session.rollback()
        for verb in (
            lambda: services.take_charge(lead),
            lambda: services.change_status(lead, word(LeadStatus, "Nurturing")),
            lambda: services.lose(lead, lost_reason=word(LostReason, "Price")),
            lambda: services.reopen(lead),
            lambda: services.convert(lead, NEW),
        ):
            with pytest.raises(DomainError):
                verb()
            session.rollback()


def test_a_person_becomes_an_account_without_contact(acting: Acting) -> None:
    with acting("claire"):
        lead = full_lead(organization=None)
        services.convert(lead, Conversion(new_account={"nature": Nature.PERSON}, new_contact={}))
        assert (lead.account.nature, lead.contact) == (Nature.PERSON, None)
        assert str(lead.account) == "Sophie Marchand"
        assert (lead.account.email, lead.account.do_not_call) == (lead.email, True)


def test_a_person_is_one_without_being_told(acting: Acting) -> None:
    with acting("claire"):
        lead = full_lead(organization=None)
        services.convert(lead, Conversion(new_account={}, new_contact={}))
        assert (lead.account.nature, lead.contact) == (Nature.PERSON, None)


def test_a_private_event_of_somebody_else_goes_along_unseen(
    acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        lead = full_lead()
    with acting("hugo"):
        event = make(Event, lead=again(lead), visibility="private")
    with acting("claire") as session:
        lead = again(lead)
        assert moved_words(lead) == []
        services.convert(lead, Conversion(new_account={}))
        session.commit()
        assert not session.scalars(select(Event)).all()
        assert lead.account.next_event_at is None
        account_id = lead.account_id
    with everything() as session:
        assert session.get_one(Event, event.id).account_id == account_id


@pytest.mark.accept("A-35")
def test_an_existing_client_keeps_what_it_has(acting: Acting) -> None:
    with time_machine.travel("2027-01-31T12:00:00+00:00"), acting("claire") as session:
        client = make(Account, phone="01 02 03 04 05", notes="<p>Pays late</p>", kind="client")
        lead = full_lead()
        services.convert(lead, Conversion(account=client, new_contact={}))
        session.commit()
        assert (client.phone, client.kind) == ("+33102030405", AccountKind.CLIENT)
        assert client.website == "https://www.batirhone.example", "it had none"
        assert client.notes == (
            "<p>Pays late</p>"
            "<p><strong>From the lead Bâti Rhône, Sophie Marchand, 31 Jan 2027</strong></p>"
            "<p>Wants <strong>forty</strong> printers</p>"
        )
        assert lead.contact.main_link.account is client


@pytest.mark.accept("A-36")
def test_a_street_alone_is_an_address(acting: Acting) -> None:
    with acting("claire"):
        lead = make(Lead, address="4 rue Haute", country=None, postal_code=None, city=None)
        services.convert(lead, Conversion(new_account={}))
        assert str(lead.account.main_address) == "4 rue Haute"


def test_a_lost_lead_is_reopened_first(acting: Acting) -> None:
    with acting("claire") as session:
        lead = full_lead()
        services.lose(lead, lost_reason=word(LostReason, "Price"))
        session.commit()
        with pytest.raises(DomainError) as no:
            services.convert(lead, NEW)
        assert no.value.message == "This lead is lost; reopen it first."


def test_the_account_has_to_be_chosen(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            services.convert(full_lead(), Conversion())
        assert no.value.fields == {"account": "Choose the account."}
        session.rollback()


def test_a_known_siren_names_its_account(acting: Acting) -> None:
    with acting("claire") as session:
        make(Account, name="ACME", siren="732829320")
        with pytest.raises(DomainError) as no:
            services.convert(full_lead(), Conversion(new_account={"siren": "732829320"}))
        assert no.value.fields == {"account.siren": "An account with this SIREN exists: ACME."}
        session.rollback()


def test_a_contact_of_another_account_is_refused(acting: Acting) -> None:
    with acting("claire") as session:
        client, other = make(Account), make(Account, name="Élan")
        contact = make(Contact, accounts=[other])
        with pytest.raises(DomainError) as no:
            services.convert(full_lead(), Conversion(account=client, contact=contact))
        assert no.value.fields == {"contact": "Choose a contact of this account."}
        session.rollback()


def test_the_owner_of_the_lead_owns_the_account_if_assignable(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        settings = session.scalars(select(AppSettings)).one()
        settings.assignable_groups = [session.get_one(Group, cast.support)]
        settings.assignable_users = "groups"
    with acting("marc"):
        lead = full_lead(owner=person(cast.claire))
        services.convert(lead, Conversion(new_account={}))
        assert lead.account.owner is None, "neither Claire nor Marc may own one"
        other = full_lead(owner=person(cast.nadia))
        services.convert(other, Conversion(new_account={}))
        assert other.account.owner_id == cast.nadia


def test_who_owns_only_their_own_gets_the_account(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        lead = full_lead()
        services.convert(lead, NEW)
        assert (lead.account.owner_id, lead.opportunity.owner_id) == (cast.claire, cast.claire)


def convert_now(app: Flask, actor: Any, pk: int, asked: Callable[[], Conversion]) -> None:
    """The act from reading to commit, in Claire's name."""
    with app.app_context(), acting_as(actor), transaction() as session:
        services.convert(session.get_one(Lead, pk), asked())


def actor_of(app: Flask, user_id: int) -> Any:
    with app.app_context():
        return load_actor(user_id)


def test_a_conversion_that_breaks_off_leaves_nothing(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        lead = with_past(full_lead())
    actor = actor_of(app, cast.claire)
    seen = broken_everywhere(app, lambda: convert_now(app, actor, lead.id, lambda: NEW))
    assert seen > 20
    with everything() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1
        assert again(lead).is_converted


def undo_now(app: Flask, actor: Any, pk: int) -> None:
    with app.app_context(), acting_as(actor), transaction() as session:
        services.undo_conversion(session.get_one(Lead, pk))


def test_undoing_that_breaks_off_leaves_nothing(app: Flask, acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        client = make(Account, notes="<p>Pays late</p>")
        lead = with_past(full_lead())
        session.commit()
        asked = Conversion(account=client, new_contact={}, opportunity={})
        services.convert(lead, asked)
    actor = actor_of(app, cast.claire)
    assert broken_everywhere(app, lambda: undo_now(app, actor, lead.id)) > 20
    with acting("claire"):
        assert not again(lead).is_converted
        assert again(client).notes == "<p>Pays late</p>"


@pytest.mark.accept("A-95")
def test_a_conversion_is_undone(acting: Acting, everything: Everything) -> None:
    with acting("claire") as session:
        lead = with_past(full_lead())
        services.change_status(lead, word(LeadStatus, "Nurturing"))
        session.commit()
        services.convert(lead, NEW)
        session.commit()
        services.undo_conversion(lead)
        session.commit()
        assert str(lead.status) == "Nurturing"
        assert (lead.account_id, lead.contact_id, lead.opportunity_id) == (None, None, None)
        assert (lead.converted_on, lead.converted_by_id) == (None, None)
        assert lead.next_event_at is not None
        for row in (*session.scalars(select(Event)), *session.scalars(select(Message))):
            assert (row.lead_id, row.account_id) == (lead.id, None)
            assert (row.contact_id, row.opportunity_id) == (None, None)
        for model in (Account, Contact, Opportunity):
            assert not session.scalars(select(model)).all()
        services.convert(lead, NEW)
        assert lead.account.reference == "T00002"
    with everything() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 2


@pytest.mark.accept("A-95")
@pytest.mark.parametrize("change", ["opportunity", "event", "contact", "deleted"])
def test_what_was_used_since_stays(acting: Acting, change: str) -> None:
    with acting("claire") as session:
        lead = with_past(full_lead())
        services.convert(lead, NEW)
        session.commit()
        match change:
            case "opportunity":
                save(lead.opportunity, amount=Decimal(9000))
            case "event":
                make(Event, account=lead.account)
            case "contact":
                make(Contact, accounts=[lead.account])
            case "deleted":
                lead.opportunity.deleted_at = utcnow()
        session.commit()
        with pytest.raises(DomainError) as no:
            services.undo_conversion(lead)
        assert no.value.message == {
            "opportunity": "“Bâti Rhône – Trade show” has been changed since.",
            "deleted": "What the conversion created has been deleted since.",
        }.get(change, "“Bâti Rhône” has been used by other records since.")


@pytest.mark.accept("A-95")
def test_after_a_day_it_stays(acting: Acting) -> None:
    with acting("claire") as session:
        lead = full_lead()
        services.convert(lead, NEW)
        session.commit()
        assert services.may_be_undone(lead)
        with time_machine.travel(utcnow() + timedelta(hours=25)):
            assert not services.may_be_undone(lead)
            with pytest.raises(DomainError) as no:
                services.undo_conversion(lead)
        assert no.value.message == "A conversion can be undone for one day."


@pytest.mark.parametrize("edited", [False, True])
def test_notes_that_were_edited_since_keep_the_paragraph(acting: Acting, edited: bool) -> None:
    with acting("claire") as session:
        client = make(Account, notes="<p>Pays late</p>", website="https://faro.example")
        lead = full_lead()
        session.commit()
        services.convert(lead, Conversion(account=client))
        session.commit()
        if edited:
            save(client, notes=f"{client.notes}<p>Not any more</p>")
        session.commit()
        services.undo_conversion(lead)
        session.commit()
        assert ("forty" in client.notes) == edited
        assert (client.phone, client.website) == (None, "https://faro.example")
        assert (client.addresses, client.deleted_at) == ([], None)


def test_an_event_moved_since_comes_back_as_it_is(acting: Acting) -> None:
    with acting("claire") as session:
        lead = with_past(full_lead())
        services.convert(lead, Conversion(new_account={}))
        session.commit()
        event = session.scalars(select(Event)).first()
        event_services.update(event, {"subject": "Long call"})
        session.commit()
        services.undo_conversion(lead)
        session.commit()
        assert (event.subject, event.account_id, event.lead_id) == ("Long call", None, lead.id)


def test_a_contact_in_the_bin_is_no_main_contact(acting: Acting) -> None:
    with acting("claire") as session:
        client, lead = make(Account), full_lead()
        session.commit()
        for _time in range(2):
            services.convert(lead, Conversion(account=client, new_contact={}))
            session.commit()
            assert lead.contact.main_link.is_main
            services.undo_conversion(lead)
            session.commit()


def test_a_conversion_into_what_was_merged_since_is_not_undone(acting: Acting) -> None:
    with acting("marc") as session:
        client, other, lead = make(Account, name="Faro"), make(Account, name="Élan"), full_lead()
        session.commit()
        services.convert(lead, Conversion(account=client))
        session.commit()
        merge(plan_merge([other, client], other, {}, ACCOUNTS))
        session.commit()
        session.expire_all()
        with pytest.raises(DomainError, match="“Élan” has been changed since"):
            services.undo_conversion(lead)
