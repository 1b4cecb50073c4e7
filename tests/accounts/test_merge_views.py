"""/clients/merge: the page, its refusals, and what becomes of the merged addresses."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, AccountKind, Contact
from crm.opportunities.models import Opportunity
from tests.factories import make, remove, save
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]

SIRENS = ("552100554", "732829320")


@pytest.fixture
def two(acting: Acting) -> tuple[int, int]:
    """A prospect with a phone, and a client with an e-mail."""
    with acting("marc"):
        a = make(Account, name="Faro", phone="04 72 00 00 01", kind=AccountKind.PROSPECT)
        b = make(Account, name="Faro SAS", email="a@faro.example", kind=AccountKind.CLIENT)
    return a.id, b.id


def posted(client: Client, ids: tuple[int, ...], **data: Any) -> Any:
    """The form of the page as a browser sends it, with `data` chosen otherwise."""
    address = f"/clients/merge?ids={','.join(map(str, ids))}"
    form = fields(client.get(address).text)
    return client.post(address, data={**form, **data})


def fields(page: str) -> dict[str, Any]:
    """The hidden and chosen inputs of the merge page."""
    inputs = re.findall(r"<input type=\"(\w+)\"([^>]*)>", page)
    found: dict[str, Any] = {}
    for kind, rest in inputs:
        name = re.search(r'name="([^"]+)"', rest)
        value = re.search(r'value="([^"]*)"', rest)
        if name is None or value is None or not name[1].startswith(("v-", "keep", "vers", "joins")):
            continue
        if kind == "hidden" or " checked" in rest:
            found.setdefault(name[1], []).append(value[1])
    return found


@pytest.mark.accept("A-43")
def test_a_prospect_and_a_client_become_a_client(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    a, b = two
    marc = as_user("marc")
    page = marc.get(f"/clients/merge?ids={a},{b}&keep={a}").text
    assert "becomes a client" in page
    answer = posted(marc, two, keep=a)
    assert (answer.status_code, answer.location) == (303, f"/clients/show/{a}")
    with acting("marc") as session:
        kept = session.get_one(Account, a)
        assert (kept.kind, kept.email, kept.phone) == (
            AccountKind.CLIENT, "a@faro.example", "+33472000001",
        )  # fmt: skip


@pytest.mark.accept("A-42")
@pytest.mark.parametrize("path", ["show/{}", "show/{}?tab=history", "edit/{}", "menu/{}"])
def test_the_merged_address_leads_to_the_kept_one(
    as_user: AsUser, two: tuple[int, int], path: str
) -> None:
    a, b = two
    marc = as_user("marc")
    posted(marc, two, keep=a)
    answer = marc.get("/clients/" + path.format(b))
    assert answer.status_code == 302
    assert answer.location.partition("?")[0] == f"/clients/show/{a}"
    late = marc.post(f"/clients/edit/{b}", data={"name": "Late", "row_version": "1"})
    assert (late.status_code, late.location) == (303, f"/clients/show/{a}")
    assert "nothing was saved" in marc.get(f"/clients/show/{a}").text


@pytest.mark.accept("A-96")
def test_a_merged_record_is_in_the_bin_and_stays_there(
    as_user: AsUser, two: tuple[int, int], acting: Acting
) -> None:
    a, b = two
    marc = as_user("marc")
    shown = posted(marc, two, keep=a)
    assert ">Undo<" not in marc.get(shown.location).text
    page = marc.get("/clients/bin/").text
    assert "Merged into" in page
    assert f"/clients/restore/{b}" not in page
    refused = marc.post(f"/clients/restore/{b}?row_version=2")
    assert refused.status_code == 409
    assert "was merged and cannot be restored" in refused.text


@pytest.mark.accept("A-43")
def test_two_sirens_ask_which_one(as_user: AsUser, acting: Acting) -> None:
    with acting("marc"):
        ids = tuple(make(Account, siren=siren).id for siren in SIRENS)
    marc = as_user("marc")
    refused = posted(marc, ids)
    assert refused.status_code == 422
    assert "Choose which one is right." in refused.text
    done = posted(marc, ids, keep=ids[0], **{"v-siren": ids[1]})
    assert done.status_code == 303
    with acting("marc") as session:
        assert session.get_one(Account, ids[0]).siren == SIRENS[1]


@pytest.mark.accept("A-43")
def test_merging_is_refused_to_a_salesperson(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    with acting("claire"):
        mine = [make(Account).id for _number in range(2)]
    claire = as_user("claire")
    ids = ",".join(map(str, mine))
    assert claire.get(f"/clients/merge?ids={ids}").status_code == 403
    assert claire.post(f"/clients/merge?ids={ids}").status_code == 403
    assert claire.get(f"/prospects/merge_with/{mine[0]}").status_code == 403
    assert "merge_with" not in claire.get(f"/prospects/show/{mine[0]}").text
    assert "merge_with" in as_user("marc").get(f"/prospects/show/{two[0]}").text


@pytest.mark.parametrize("ids", ["", "x", "1,", "0", "1,2,3,4,5,6,7,8,9,10,11"])
def test_what_names_no_records_is_refused(as_user: AsUser, ids: str) -> None:
    assert as_user("marc").get(f"/clients/merge?ids={ids}").status_code == 400


def test_one_record_twice_and_six_are_refused(as_user: AsUser, acting: Acting) -> None:
    with acting("marc"):
        ids = [make(Account).id for _number in range(6)]
    marc = as_user("marc")
    for chosen in (ids[:1], [ids[0], ids[0]], ids, [*ids[:2], ids[0]]):
        answer = marc.get(f"/clients/merge?ids={','.join(map(str, chosen))}")
        assert answer.status_code == 303, chosen
        assert "Choose 2 to 5 different records." in marc.get(answer.location).text


def test_other_peoples_records_are_not_there(
    as_user: AsUser, acting: Acting, two: tuple[int, int], cast: Cast
) -> None:
    with acting("olga"):
        hers = make(Account).id
    with acting("marc"):
        gone = make(Account)
        remove(gone)
    for pk in (hers, gone.id, 999_999_999):
        assert as_user("marc").get(f"/clients/merge?ids={two[0]},{pk}").status_code == 404
    assert as_user("olga").get(f"/clients/merge?ids={hers},{two[0]}").status_code == 403


def test_records_of_two_companies_are_refused(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    with acting("olga"):
        hers = make(Account, name="Ibérica").id
    alice = as_user("alice")
    answer = alice.get(f"/clients/merge?ids={two[0]},{hers}")
    assert "Records of two companies cannot be merged." in alice.get(answer.location).text


def test_a_second_click_shows_the_first_result(as_user: AsUser, two: tuple[int, int]) -> None:
    a, b = two
    marc = as_user("marc")
    address = f"/clients/merge?ids={a},{b}"
    form = {**fields(marc.get(address).text), "keep": a}
    for _click in range(2):
        answer = marc.post(address, data=form)
        assert (answer.status_code, answer.location) == (303, f"/clients/show/{a}")
    assert marc.get(address).location == f"/clients/show/{a}"


def test_a_record_that_was_saved_meanwhile_is_shown_again(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    a, b = two
    marc = as_user("marc")
    address = f"/clients/merge?ids={a},{b}"
    form = {**fields(marc.get(address).text), "keep": a}
    with acting("alice") as session:
        save(session.get_one(Account, b), phone="04 72 00 00 02")
    told = marc.post(address, data=form)
    assert told.status_code == 409
    assert "changed Faro SAS on" in told.text
    assert "04 72 00 00 02" in told.text
    again = marc.post(address, data={**fields(told.text), "keep": a})
    assert again.status_code == 303


def test_what_is_left_of_the_question_after_another_merge(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    a, b = two
    with acting("marc"):
        c = make(Account, name="Faro Sud").id
    marc = as_user("marc")
    address = f"/clients/merge?ids={a},{b},{c}"
    form = {**fields(marc.get(address).text), "keep": a}
    posted(marc, (b, c), keep=b)
    answer = marc.post(address, data=form)
    assert (answer.status_code, answer.location) == (303, f"/clients/merge?ids={a},{b}")
    assert "been merged in the meantime" in marc.get(answer.location).text


def test_the_panel_follows_the_kept_record(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    a, b = two
    with acting("marc") as session:
        make(Contact, links=[{"account": session.get_one(Account, b)}])
    marc = as_user("marc")
    address = f"/clients/merge_effects?ids={a},{b}"
    assert "1 contact moves to it." in marc.post(address, data={"keep": a}).text
    assert "contact" not in marc.post(address, data={"keep": b}).text
    assert marc.post(address).status_code == 400
    assert as_user("claire").post(address, data={"keep": a}).status_code == 403


def test_the_dialog_leads_to_the_page(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    a, b = two
    with acting("marc"):
        more = [make(Account).id for _number in range(4)]
    with acting("olga"):
        hers = make(Account).id
    marc = as_user("marc")
    asked = marc.get(f"/prospects/merge_with/{a}")
    assert "Merge with other records" in asked.text
    assert re.search(r'<select[^>]* name="merged_into" multiple data-picker="', asked.text)

    def chosen(*ids: int | str, **data: Any) -> Any:
        return marc.post(
            f"/prospects/merge_with/{a}", data={"row_version": 1, "merged_into": [*ids], **data}
        )

    five = (more[0], b, *more[1:3])
    for ids, others in (((b,), (b,)), ((b, b), (b,)), (five, five)):
        answer = chosen(*ids)
        where = ",".join(map(str, (a, *others)))
        assert (answer.status_code, answer.location) == (303, f"/clients/merge?ids={where}")
    assert "Merge 5 records" in marc.get(answer.location).text
    for ids, told in (
        ((), "Required field"),
        (("",), "Required field"),
        ((b, *more), "Choose 2 to 5 different records."),
        ((b, hers), "Choose a value from the list."),
        (("x",), "Choose a value from the list."),
    ):
        answer = chosen(*ids)
        assert (answer.status_code, told in answer.text) == (422, True), ids
    itself = chosen(a)
    assert "Choose 2 to 5 different records." in marc.get(marc.get(itself.location).location).text
    by_name = chosen(merged_into_search="Faro SAS")  # without script
    assert by_name.location == f"/clients/merge?ids={a},{b}"
    assert "does not match one record" in chosen(merged_into_search="nobody").text


def test_the_picker_offers_records_of_the_same_company(
    as_user: AsUser, acting: Acting, two: tuple[int, int], cast: Cast
) -> None:
    a, _b = two
    with acting("olga"):
        make(Account, name="Faro Ibérica")
    address = f"/prospects/pick/merged_into?id={a}&company={cast.france}&q=faro"
    found = as_user("alice").get(address).get_json()["results"]
    assert [one["text"] for one in found] == ["Faro SAS"]


def test_the_api_leads_on_too(
    client: Client, token_of: Any, as_user: AsUser, two: tuple[int, int]
) -> None:
    a, b = two
    posted(as_user("marc"), two, keep=a)
    headers = token_of("marc")
    answer = client.get(f"/api/v1/accounts/{b}", headers=headers)
    assert answer.status_code == 301
    assert answer.headers["Location"].endswith(f"/api/v1/accounts/{a}")
    late = client.put(f"/api/v1/accounts/{b}", headers=headers, json={"row_version": 1})
    assert late.status_code == 404
    assert f"merged into record {a}" in late.get_json()["message"]
    assert client.get(f"/api/v1/accounts/{b}", headers=token_of("olga")).status_code == 404


def test_the_tab_of_the_journal_tells_of_all(as_user: AsUser, two: tuple[int, int]) -> None:
    a, _b = two
    marc = as_user("marc")
    posted(marc, two, keep=a)
    page = marc.get(f"/clients/show/{a}?tab=history").text
    assert "merged other records into this one" in page
    assert 'created this record <span class="c-muted">(Faro SAS)</span>' in page
    assert page.count("created this record") == 2


def test_a_link_that_the_reader_may_not_see_has_no_name_in_the_journal(
    as_user: AsUser, acting: Acting, two: tuple[int, int]
) -> None:
    a, b = two
    with acting("marc") as session:
        for name in ("Alpha", "Beta"):
            make(Opportunity, name=name, account=session.get_one(Account, b))
    marc = as_user("marc")
    posted(marc, two, keep=a)
    assert "Alpha, Beta" in marc.get(f"/clients/show/{a}?tab=history").text
    with acting("marc") as session:
        gone = session.scalars(select(Opportunity).where(Opportunity.name == "Alpha")).one()
        remove(gone)
    page = marc.get(f"/clients/show/{a}?tab=history").text
    assert "Beta" in page
    assert "Alpha" not in page


def test_what_is_refused_may_be_left_empty(as_user: AsUser, acting: Acting) -> None:
    with acting("marc"):
        first, second = make(Account), make(Account)
        boss = make(Contact, last_name="Roy", links=[{"account": second}])
        kept = make(Contact, last_name="Blanc", links=[{"account": first}]).id
        loser = make(Contact, last_name="Blanc", links=[{"account": second}], reports_to=boss)
        save(loser, links=[])
        ids = kept, loser.id
    marc = as_user("marc")
    address = f"/contacts/merge?ids={ids[0]},{ids[1]}"
    form = {**fields(marc.get(address).text), "keep": kept}
    refused = marc.post(address, data=form)
    assert refused.status_code == 422
    assert "Choose a manager who works for the same account." in refused.text
    assert marc.post(address, data={**form, "v-reports_to": kept}).status_code == 303
    with acting("marc") as session:
        assert session.get_one(Contact, kept).reports_to_id is None


def test_the_page_takes_few_statements(
    as_user: AsUser, acting: Acting, counting: Callable[[], Any]
) -> None:
    with acting("marc"):
        rows = [make(Account) for _number in range(5)]
        for row in rows:
            make(Contact, links=[{"account": row}])
            make(Opportunity, account=row)
    marc = as_user("marc")
    address = "/clients/merge?ids=" + ",".join(str(row.id) for row in rows)
    marc.get(address)
    with counting() as statements:
        assert "2 links" in marc.get(address).text
    assert len(statements) <= 14


def test_two_ways_to_write_a_website_are_an_identical_line(as_user: AsUser, acting: Acting) -> None:
    with acting("marc"):
        same = ("https://www.faro.example/", "http://faro.example")
        sites = (*same, "https://faro.example/fr", "https://faro.example/#/pumps")
        one, two, *others = (make(Account, website=site).id for site in sites)
    marc = as_user("marc")
    assert 'id="m-website"' not in marc.get(f"/clients/merge?ids={one},{two}").text
    for other in others:
        assert 'id="m-website"' in marc.get(f"/clients/merge?ids={one},{other}").text
