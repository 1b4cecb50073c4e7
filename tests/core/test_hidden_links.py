"""What leads to a row out of reach: kept by whoever saves, named to nobody who may not see it."""

from collections.abc import Callable

import pytest

from crm.accounts.models import Account, Contact
from crm.accounts.services import account as accounts
from crm.accounts.services import contact as contacts
from crm.calendar import services as calendar
from crm.calendar.models import Event
from crm.core.datamodel import DataModel
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity
from tests.companies.filled import posted
from tests.fixtures import Acting, Cast, Client

As = Callable[[str], Client]


@pytest.fixture
def hidden(acting: Acting) -> int:
    """An account that Marc has and Claire does not see."""
    with acting("marc"):
        return int(DataModel(Account, accounts.RULES).create({"name": "Discretion SA"}).id)


def contact_of(acting: Acting, hidden: int, seen: bool = True) -> int:
    """A contact of Claire's, at an account of hers, then at the hidden one too."""
    with acting("claire"):
        links = []
        if seen:
            links = [
                {"account": DataModel(Account, accounts.RULES).create({"name": "Openness SA"})}
            ]
        pk = int(
            DataModel(Contact, contacts.RULES).create({"last_name": "Petit", "links": links}).id
        )
    with acting("marc") as session:
        contact = session.get_one(Contact, pk)
        lines = [{"id": link.id} for link in contact.links]
        DataModel(Contact, contacts.RULES).update(
            contact, {"links": [*lines, {"account": session.get_one(Account, hidden)}]}
        )
    return pk


def test_the_journal_does_not_name_a_hidden_row(
    as_user: As, acting: Acting, cast: Cast, hidden: int
) -> None:
    page = f"/contacts/show/{contact_of(acting, hidden)}?tab=history"
    assert "Discretion" in as_user("marc").get(page).text
    answer = as_user("claire").get(page)
    assert answer.status_code == 200
    assert "Discretion" not in answer.text
    assert "Not available" in answer.text


def test_a_line_is_journaled_with_the_name_of_the_linked_row(
    as_user: As, acting: Acting, hidden: int
) -> None:
    pk = contact_of(acting, hidden)
    with acting("marc") as session:
        contact = session.get_one(Contact, pk)
        other = DataModel(Account, accounts.RULES).create({"name": "Replacement SA"})
        first, second = contact.links
        lines = [{"id": first.id}, {"id": second.id, "account": other}]
        DataModel(Contact, contacts.RULES).update(contact, {"links": lines})
    page = f"/contacts/show/{pk}?tab=history"
    assert "Replacement SA" in as_user("marc").get(page).text
    assert "Replacement SA" not in as_user("claire").get(page).text


def test_an_opportunity_keeps_its_hidden_account(as_user: As, acting: Acting, hidden: int) -> None:
    contact_id = contact_of(acting, hidden)
    with acting("marc") as session:
        contact = session.get_one(Contact, contact_id)
        values = {"name": "Deal", "account": session.get_one(Account, hidden), "contact": contact}
        deal = DataModel(Opportunity, opportunities.RULES).create(values)
        pk, deal.owner = deal.id, contact.owner
    address = f"/opportunities/edit/{pk}"
    claire = as_user("claire")
    answer = claire.post(address, data={**posted(claire.get(address).text), "name": "Big deal"})
    assert answer.status_code == 303, answer.text
    with acting("marc") as session:
        found = session.get_one(Opportunity, pk)
        assert (found.name, found.account_id) == ("Big deal", hidden)


def test_an_event_keeps_its_hidden_account(as_user: As, acting: Acting, hidden: int) -> None:
    with acting("claire"):
        deal = DataModel(Opportunity, opportunities.RULES).create({"name": "Deal"}).id
    with acting("marc") as session:
        opportunity = session.get_one(Opportunity, deal)
        values = {"subject": "Call", "opportunity": opportunity}
        values["account"] = session.get_one(Account, hidden)
        event = DataModel(Event, calendar.RULES).create(values)
        pk, event.owner = event.id, opportunity.owner
    address = f"/events/edit/{pk}"
    claire = as_user("claire")
    answer = claire.post(address, data={**posted(claire.get(address).text), "subject": "Call back"})
    assert answer.status_code == 303, answer.text
    with acting("marc") as session:
        found = session.get_one(Event, pk)
        assert (found.subject, found.account_id) == ("Call back", hidden)
