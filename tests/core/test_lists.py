"""What a list says and leads to, asked of the pages."""

import re
from collections.abc import Callable
from datetime import timedelta

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event
from crm.core.types import utcnow
from crm.leads.models import Lead
from tests.factories import again, make
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


def test_a_tab_has_its_own_title_and_no_column_of_the_record(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        account = make(Account, kind="client")
    claire, page = as_user("claire"), f"/clients/show/{account.id}?tab="
    empty = claire.get(f"{page}clients.parent").text
    assert '<h2 id="related-title">Subsidiaries</h2>' in empty
    assert "No subsidiaries yet" in empty
    assert "No clients yet" not in empty
    with acting("claire"):
        account = again(account)
        make(Contact, accounts=[account])
        make(Account, kind="client", name="Nord", parent=account)
    assert ">Account</th>" not in claire.get(f"{page}contacts.accounts").text
    assert "Nord" in claire.get(f"{page}clients.parent").text


def test_events_open_on_mine_soonest_first(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        for days in (3, 1, 2):
            make(Event, subject=f"In {days}", starts_at=utcnow() + timedelta(days=days))
    with acting("hugo"):
        make(Event, subject="Hugo's")
    claire = as_user("claire")
    home = claire.get("/").text
    opened = re.search(r'href="(/events/list/\?[^"]+)"', home)
    assert opened is not None
    assert claire.get("/events/").headers["Location"] == opened[1].replace("&amp;", "&")
    shown = claire.get(opened[1].replace("&amp;", "&")).text
    assert re.findall(r">(In \d|Hugo's)</a>", shown) == ["In 1", "In 2", "In 3"]
