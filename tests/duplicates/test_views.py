"""Duplicates on pages: while one types, beside a record, as a list; who may see and do what."""

import re

import pytest

from crm.accounts.models import Account, Contact
from crm.core.db import db
from crm.duplicates.checking import check
from crm.duplicates.models import DISMISSALS
from crm.duplicates.sources import SOURCES
from crm.leads.models import Lead
from tests.companies.filled import posted
from tests.factories import make, save

SIREN = "732829320"


@pytest.fixture
def checked(app):
    """Check all records, as the worker does."""

    def run():
        with app.app_context():
            for source in SOURCES:
                check(source)

    return run


def two_alike(acting, who="claire", **values):
    """The ids of two leads that look the same."""
    given = {"organization": None, "last_name": "Martin", "email": "j.martin@acme.fr", **values}
    with acting(who):
        return make(Lead, **given).id, make(Lead, **{**given, "last_name": "MARTIN"}).id


def count_of(text, label):
    return re.search(rf"{label} <span class=\"n\">(\d+)", text)[1]


@pytest.mark.accept("A-41")
def test_while_one_types_the_first_shows_with_why_and_saving_goes_on(as_user, acting):
    first, _second = two_alike(acting)
    claire = as_user("claire")
    typed = {"email": "J.MARTIN@ACME.FR", "last_name": "Martin", "phone": "not a number"}
    answer = claire.post("/leads/while_typing", data=typed)
    assert f'href="/leads/show/{first}"' in answer.text
    assert "Same e-mail" in answer.text
    assert claire.post("/leads/while_typing", data={"last_name": ""}).text.strip() == ""
    saved = claire.post(
        "/leads/add", data={**posted(claire.get("/leads/add").text), **typed, "phone": ""}
    )
    assert saved.status_code == 303


def test_a_record_is_not_its_own_double_while_it_is_edited(as_user, acting):
    first, second = two_alike(acting)
    typed = {"email": "j.martin@acme.fr", "last_name": "Martin"}
    text = as_user("claire").post(f"/leads/while_typing?id={first}", data=typed).text
    assert f"/leads/show/{second}" in text
    assert f"/leads/show/{first}" not in text


@pytest.mark.accept("A-81")
def test_nothing_tells_of_the_neighbour_s_client(as_user, acting, checked):
    with acting("claire"):
        theirs = make(Account, name="Grand compte", siren=SIREN, email="achats@grand.fr").id
        make(Account, name="Grand Compte SA", email="achats@grand.fr")
    checked()
    olga = as_user("olga")
    typed = {"name": "Grand compte", "siren": SIREN, "email": "achats@grand.fr"}
    assert olga.post("/prospects/while_typing", data=typed).text.strip() == ""
    page = olga.get("/clients/duplicates").text
    assert "Grand" not in page
    assert (count_of(page, "To examine"), count_of(page, "Dismissed")) == ("0", "0")
    for address in (f"/prospects/duplicates/{theirs}", f"/prospects/matches/{theirs}"):
        assert olga.get(address).status_code == 404
    for address in (f"/prospects/while_typing?id={theirs}",):
        assert olga.post(address, data=typed).status_code == 404
    form = posted(olga.get("/prospects/add").text)
    saved = olga.post("/prospects/add", data={**form, "name": "Grand compte", "siren": SIREN})
    assert saved.status_code == 303
    assert "T00001" in olga.get(saved.location).text


def test_beside_the_record_and_in_its_menu(as_user, acting):
    first, second = two_alike(acting)
    with acting("claire"):
        alone = make(Lead, organization="Nordlog").id
    claire = as_user("claire")
    page = claire.get(f"/leads/show/{first}").text
    assert f'hx-get="/leads/matches/{first}"' in page
    assert f'href="/leads/duplicates/{first}"' in page
    panel = claire.get(f"/leads/matches/{first}").text
    assert "Duplicates (1)" in panel
    assert f'href="/leads/show/{second}"' in panel
    assert claire.get(f"/leads/matches/{alone}").text.strip() == ""
    assert "Nothing looks the same" in claire.get(f"/leads/duplicates/{alone}").text
    assert "Same e-mail" in claire.get(f"/leads/duplicates/{first}").text


def test_the_list_has_groups_and_prospects_and_clients_together(as_user, acting, checked):
    with acting("marc"):
        for name, kind in (("Bâti-Rhône", "client"), ("BATI RHONE", "prospect")):
            make(Account, name=name, kind=kind, website="https://bati-rhone.fr")
        make(Account, name="SARL Bati Rhone", email="info@bati-rhone.fr")
        links = [{"account": make(Account, name="Faro")}]
        for _number in range(2):
            make(Contact, first_name="Jean", last_name="Roy", links=links)
    marc = as_user("marc")
    assert "Nothing looks the same" in marc.get("/clients/duplicates").text
    checked()
    page = marc.get("/clients/duplicates").text
    assert count_of(page, "To examine") == "1"
    assert page.count("<tr>") == 4  # with the head
    assert "Same name" in page
    assert page.replace("/prospects", "/clients").count("/clients/show/") >= 3
    assert marc.get("/prospects/duplicates").text.count("<tr>") == 4
    assert "Jean Roy" in marc.get("/contacts/duplicates").text
    assert 'href="/clients/duplicates"' in marc.get("/clients/list/").text


def test_two_numbers_in_a_group_are_told_though_a_third_record_joins_them(as_user, acting, checked):
    with acting("marc"):
        for number in (None, SIREN, "552100554"):
            make(Account, name="Hôtel des Terreaux", email="h.roux@terreaux.fr", siren=number)
    checked()
    page = as_user("marc").get("/clients/duplicates").text
    assert page.count("c-dupgroup") == 1
    assert "Different SIREN" in page


def test_a_dismissed_pair_comes_back_once_one_of_them_changes(as_user, acting, checked):
    first, second = two_alike(acting, "marc")
    checked()
    marc = as_user("marc")
    pairs = {"pairs": f"{first}-{second}"}
    assert pairs["pairs"] in marc.get("/leads/duplicates").text
    assert marc.post("/leads/dismiss", data=pairs).status_code == 303
    assert marc.post("/leads/dismiss", data=pairs).status_code == 303  # twice is as once
    page = marc.get("/leads/duplicates").text
    assert (count_of(page, "To examine"), count_of(page, "Dismissed")) == ("0", "1")
    assert "Martin" in marc.get("/leads/duplicates?show=dismissed").text
    assert "Duplicates (" not in marc.get(f"/leads/matches/{first}").text
    checked()
    assert count_of(marc.get("/leads/duplicates").text, "To examine") == "0"
    with acting("marc") as session:
        save(session.get(Lead, second), phone="0465712018")
    assert "Duplicates (1)" in marc.get(f"/leads/matches/{first}").text
    checked()
    assert count_of(marc.get("/leads/duplicates").text, "To examine") == "1"


def test_a_dismissal_is_taken_back(as_user, acting, checked):
    first, second = two_alike(acting, "marc")
    checked()
    marc = as_user("marc")
    pairs = {"pairs": f"{first}-{second}"}
    marc.post("/leads/dismiss", data=pairs)
    assert marc.post("/leads/examine", data=pairs).status_code == 303
    assert count_of(marc.get("/leads/duplicates").text, "To examine") == "1"


def test_who_edits_neither_of_two_records_does_not_dismiss_them(as_user, acting, checked, app):
    first, second = two_alike(acting)
    with acting("marc"):
        hidden = make(Lead, organization=None, last_name="Martin", email="j.martin@acme.fr").id
    checked()
    pairs = {"pairs": f"{first}-{second}"}
    auditor = as_user("audrey")
    page = auditor.get("/leads/duplicates").text
    assert "Martin" in page
    assert "Dismiss<" not in page
    assert auditor.post("/leads/dismiss", data=pairs).status_code == 403
    claire, hugo = as_user("claire"), as_user("hugo")
    assert "Dismiss<" not in hugo.get("/leads/duplicates").text
    assert hugo.post("/leads/dismiss", data=pairs).status_code == 404
    assert claire.post("/leads/dismiss", data={"pairs": f"{first}-{hidden}"}).status_code == 404
    assert str(hidden) not in re.findall(r"/leads/show/(\d+)", claire.get("/leads/duplicates").text)
    for wrong in ("", "1", f"{first}-{first}", "1-2-3", "x-y", " ".join(["1-2"] * 46)):
        answer = claire.post("/leads/dismiss", data={"pairs": wrong})
        assert answer.status_code in (400, 404), wrong
    with app.app_context():
        assert db.session.execute(DISMISSALS.select()).first() is None


def test_only_the_pairs_with_a_record_of_one_s_own_are_dismissed(as_user, acting, checked):
    with acting("claire"):
        mine = make(Lead, last_name="Martin", email="j.martin@acme.fr").id
    theirs = two_alike(acting, "hugo")
    checked()
    claire = as_user("claire")
    (pairs,) = re.findall(r'name="pairs" value="([^"]+)"', claire.get("/leads/duplicates").text)
    assert pairs == f"{mine}-{theirs[0]} {mine}-{theirs[1]}"
    assert claire.post("/leads/dismiss", data={"pairs": pairs}).status_code == 303


def test_a_check_is_asked_for_once(as_user, acting):
    two_alike(acting, "marc")
    marc = as_user("marc")
    assert "/leads/check_duplicates" in marc.get("/leads/duplicates").text
    assert marc.post("/leads/check_duplicates").status_code == 303
    page = marc.get("/leads/duplicates").text
    assert "The records are being checked" in page
    assert "/leads/check_duplicates" not in page
    assert as_user("audrey").post("/leads/check_duplicates").status_code == 403


def test_no_merge_without_the_right_to_edit_the_company_s_records(as_user, acting, checked):
    first, second = two_alike(acting)
    checked()
    assert "/leads/merge" not in as_user("claire").get("/leads/duplicates").text
    marc = as_user("marc")
    (address,) = re.findall(r'href="(/leads/merge[^"]+)"', marc.get("/leads/duplicates").text)
    assert address == f"/leads/merge?ids={first},{second}"
    assert marc.get(address).status_code == 200


def test_pages_of_thirty_groups_take_few_statements(as_user, acting, checked, counting):
    with acting("marc"):
        for number in range(30):
            for _twice in range(2):
                name = f"Nom{chr(97 + number % 26)}{chr(97 + number // 26)}x"
                make(Lead, organization=None, last_name=name, email=f"{name}@acme.fr")
    checked()
    marc = as_user("marc")
    marc.get("/leads/duplicates")
    with counting() as statements:
        page = marc.get("/leads/duplicates").text
    assert page.count("c-dupgroup") == 25
    assert "1–25 of 30 groups" in page
    assert "page=2" in page
    assert len(statements) <= 14, statements
    assert marc.get("/leads/duplicates?page=2").text.count("c-dupgroup") == 5
    for number in ("3", "0", "-1", "x", "99999999999"):
        assert marc.get(f"/leads/duplicates?page={number}").status_code == 200


def test_typing_takes_few_statements(as_user, acting, counting):
    with acting("claire"):
        for number in range(80):
            make(
                Account, name=f"Bâti-Rhône {number}", website="https://bati.fr", phone="0465712018"
            )
    claire = as_user("claire")
    typed = {"name": "Bati Rhone 7", "website": "bati.fr", "phone": "0465712018"}
    claire.post("/prospects/while_typing", data=typed)
    with counting() as statements:
        assert "Bâti-Rhône 7" in claire.post("/prospects/while_typing", data=typed).text
    assert len(statements) <= 10, statements
