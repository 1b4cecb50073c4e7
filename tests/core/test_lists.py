"""What a list says and leads to, asked of the pages."""

import re
from collections.abc import Callable

from crm.accounts.models import Contact
from crm.leads.models import Lead
from tests.factories import make
from tests.fixtures import Acting, Client

AsUser = Callable[[str], Client]


def test_a_list_without_result_counts_what_its_links_lead_to(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        for name in ("Durand", "Durand", "Roche"):
            make(Lead, last_name=name)
    claire = as_user("claire")
    page = claire.get("/leads/list/?search=durand&_flt_0_status.kind=lost").text
    links = re.findall(r'<a class="btn[^"]*" href="([^"]+)">([^<]+) \((\d+)\)</a>', page)
    assert [(label, count) for _url, label, count in links] == [
        ("Clear the filters", "2"),
        ("Show everything", "3"),
    ]
    for url, _label, count in links:
        shown = claire.get(url.replace("&amp;", "&")).text
        assert shown.count("<tr data-row") == int(count)
    nothing = claire.get("/leads/list/?search=nobody").text
    assert "Clear the search (3)" in nothing


def test_a_picker_and_the_api_find_a_person_by_the_phone_number_as_shown(
    as_user: AsUser, acting: Acting, token_of: Callable[[str], dict[str, str]]
) -> None:
    with acting("claire"):
        made = make(Contact, first_name="Zoé", last_name="Roy", phone="+33465712018").id
    asked = "04 65 71 20 18"
    found = as_user("claire").get("/events/pick/contact", query_string={"q": asked}).json
    assert [one["text"] for one in found["results"]] == ["Zoé Roy"]
    headers = token_of("claire")
    answer = as_user("claire").get(
        "/api/v1/contacts/", query_string={"q": f"(search:'{asked}')"}, headers=headers
    )
    assert answer.json["ids"] == [made]
