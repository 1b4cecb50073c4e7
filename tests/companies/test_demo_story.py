"""The demo is a year of business that one can believe."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event, EventStatus
from crm.core.journal import Journal
from crm.core.types import utcnow
from crm.demo import business, words
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity, StageKind
from crm.quotes.models import UNANSWERED, Product, Quote
from tests.companies.test_demo import beside_the_cast, fill

pytestmark = pytest.mark.usefixtures(beside_the_cast.__name__)


def streets() -> set[tuple[str, str]]:
    """(town, street) of the demo."""
    return {
        (town, street)
        for towns in words.TOWNS.values()
        for _code, town, streets in towns
        for street in streets
    }


def test_the_demo_is_a_year_of_business_without_doubles(app, everything, monkeypatch):
    shares = {
        "demo-claire": business.Share("fr", "lyon", 3, 5, converts=True),
        "demo-olga": business.Share("en", "iberia", 2, 3),
    }
    monkeypatch.setattr(business, "SHARES", shares)
    fill(app)
    with everything() as session:
        tables = (Account, Lead, Opportunity, Quote, Event)
        accounts, leads, deals, quotes, events = (
            list(session.scalars(select(one)).unique()) for one in tables
        )

        assert all(event.opportunity or event.lead for event in events)
        past = [event for event in events if event.starts_at < utcnow() - timedelta(days=2)]
        assert {event.status for event in past} == {EventStatus.DONE}
        assert len({quote.issued_on for quote in quotes}) > 2
        assert all(line.product for quote in quotes for line in quote.lines)
        assert session.scalars(select(Product)).first() is not None
        assert {deal.stage.kind for deal in deals} >= {StageKind.OPEN, StageKind.WON}

        (converted,) = [lead for lead in leads if lead.is_converted]
        assert converted.opportunity.account is converted.account
        assert converted.converted_on < utcnow() - timedelta(days=2)
        leads.remove(converted)  # its account and contact have its names
        waiting = [quote for quote in quotes if quote.status in UNANSWERED]
        assert all(quote.pdf_id is not None for quote in waiting)

        names = [account.name for account in accounts]
        names += [lead.organization for lead in leads if lead.organization]
        assert len(names) == len(set(names))
        people = [(row.first_name, row.last_name) for row in session.scalars(select(Contact))]
        people += [(row.first_name, row.last_name) for row in leads]
        assert len(people) == len(set(people))

        known = streets()
        for account in accounts:
            address = account.addresses[0]
            assert any(
                address.city == town and street in address.street for town, street in known
            ), address.street

        old = [row for row in accounts if row.created_on < utcnow() - timedelta(days=20)]
        assert old, "accounts are not all of today"
        told = select(Journal.at).where(Journal.kind == "account", Journal.row_id == old[0].id)
        assert session.scalars(told).one() == old[0].created_on
