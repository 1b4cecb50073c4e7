"""The description of a lead beside its client's, on the opportunity that it became."""

from collections.abc import Callable

import pytest

from crm.companies.models import AppSettings
from crm.leads import services
from crm.leads.models import Lead
from crm.leads.services import Conversion
from crm.opportunities.models import Opportunity
from tests.factories import again, make, person, save
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]


def switch(acting: Acting, *, on: bool) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), show_customer_description=on)


@pytest.fixture
def deal(acting: Acting) -> Opportunity:
    """What a lead of Claire's became."""
    with acting("claire"):
        lead = make(Lead, description="<p>Wants forty printers</p>")
        services.convert(
            lead, Conversion(new_account={"notes": "<p>Pays late</p>"}, opportunity={})
        )
        found: Opportunity = lead.opportunity
    return found


@pytest.mark.accept("A-09")
def test_both_descriptions_stand_on_the_opportunity(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/show/{deal.id}"
    assert "Lead description" not in claire.get(url).text
    switch(acting, on=True)
    page = claire.get(url).text
    assert page.index("Lead description") < page.index("Client description")
    assert "Wants forty printers" in page
    assert "Pays late" in page
    assert "Converted by Claire Colin on" in page
    found = claire.get("/opportunities/list/?_flt_0_lead.description=forty").text
    assert "Élan" in found
    switch(acting, on=False)
    assert "Wants forty printers" not in claire.get(url).text
    assert "Lead description" not in claire.get("/opportunities/list/").text


@pytest.mark.accept("A-09")
def test_the_api_tells_it_while_the_switch_is_on(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting, deal: Opportunity
) -> None:
    def told() -> dict[str, object]:
        answer = client.get(f"/api/v1/opportunities/{deal.id}", headers=token_of("claire"))
        found: dict[str, object] = answer.json["result"]
        return found

    assert "lead_description" not in told()
    switch(acting, on=True)
    assert told()["lead_description"] == "<p>Wants forty printers</p>"


def test_a_lead_out_of_reach_tells_nothing(
    as_user: AsUser, acting: Acting, cast: Cast, deal: Opportunity
) -> None:
    switch(acting, on=True)
    with acting("marc"):
        save(again(deal), owner=person(cast.nadia))
        again(deal).lead.deleted_at = again(deal).created_on
    page = as_user("marc").get(f"/opportunities/show/{deal.id}").text
    assert "Wants forty printers" not in page
    assert "Lead description" not in page
