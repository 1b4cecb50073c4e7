"""Users, groups, companies and oneself, page by page."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.companies.models import AppSettings, Company, RoleCell
from crm.core.actor import ACTIONS, Scope
from tests.companies.filled import posted
from tests.fixtures import PASSWORD, Cast, Client, new_client
from tests.pressing import press

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
PAGES = (
    "/users/list/", "/users/add", "/users/show/4", "/users/edit/4", "/groups/list/", "/groups/add",
    "/groups/show/1", "/groups/edit/1", "/roles/list/", "/roles/add", "/roles/show/1",
    "/roles/edit/1", "/companies/add", "/companies/edit/1",
)  # fmt: skip


def version_of(client: Client, path: str) -> str:
    found = re.search(r'name="row_version" value="(\d+)"', client.get(path).text)
    assert found, path
    return found[1]


def new_user(cast: Cast, **values: Any) -> dict[str, Any]:
    return {
        "first_name": "Eva", "last_name": "Éluard", "username": "Eva", "email": "Eva@acme.example",
        "language": "fr", "time_zone": "Europe/Paris", "companies": str(cast.france),
        "groups": str(cast.sales), "active": "1", **values,
    }  # fmt: skip


@pytest.mark.accept("A-23")
def test_people_are_an_administrators(as_user: As) -> None:
    claire, alice = as_user("claire"), as_user("alice")
    for path in PAGES:
        assert claire.get(path).status_code == 403, path
        assert alice.get(path).status_code == 200, path
    menu = claire.get("/leads/list/").text
    for path in ("/users/", "/groups/", "/roles/", "/settings/"):
        assert f'href="{path}' not in menu
    for path in ("/users/delete/4", "/users/password/4", "/users/deactivate/4", "/roles/save/1"):
        assert claire.post(path).status_code == 403, path


def test_a_new_user_gets_a_password_that_is_shown_once(
    as_user: As, everything: Everything, cast: Cast, app: Flask
) -> None:
    alice = as_user("alice")
    answer = alice.post("/users/add", data=new_user(cast))
    assert answer.status_code == 303
    with everything() as session:
        eva = session.scalars(select(User).where(User.username == "eva")).one()
        assert (eva.email, eva.password) == ("eva@acme.example", None)
        pk = eva.id
    page = alice.get(f"/users/show/{pk}").text
    assert "No password has been set yet" in page
    assert f"/users/password/{pk}" in page
    assert alice.get(f"/users/password/{pk}").status_code == 405
    given = press(alice, f"/users/password/{pk}")
    assert given.headers["Cache-Control"] == "no-store"
    password = re.search(r"<code[^>]*>([^<]+)</code>", given.text)
    assert password
    assert password[1] not in alice.get(f"/users/show/{pk}").text
    newcomer = new_client(app)
    answer = newcomer.post("/login/", data={"username": "EVA", "password": password[1]})
    assert answer.status_code == 303
    assert newcomer.get("/leads/list/").location == "/password/"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"username": "CLAIRE"}, "This value is already used."),
        ({"email": "Claire@ACME.example"}, "This value is already used."),
        ({"username": "eva@acme.example"}, "letters without accents"),
        ({"username": "évà"}, "letters without accents"),
        ({"email": "eva"}, "Add the domain after"),
        ({"companies": ""}, "Choose at least one company."),
        ({"groups": ""}, "Choose at least one role or group."),
        ({"companies": "99999"}, "Choose a value from the list."),
        ({"roles": "abc"}, "Choose a value from the list."),
        ({"language": "xx"}, "Choose a value from the list."),
    ],
)
def test_what_is_wrong_with_a_user_stands_beside_its_field(
    values: dict[str, str], said: str, as_user: As, cast: Cast
) -> None:
    answer = as_user("alice").post("/users/add", data=new_user(cast, **values))
    assert answer.status_code == 422
    assert said in answer.text
    assert "Éluard" in answer.text, "what was typed is kept"


def test_an_agency_is_of_one_of_the_persons_companies(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
    values = new_user(cast, companies=str(cast.iberia), agency=str(cast.lyon))
    answer = as_user("alice").post("/users/add", data=values)
    assert answer.status_code == 422
    assert "Choose an agency" in answer.text or "Choose a value" in answer.text


def test_nobody_can_deactivate_themselves(as_user: As, cast: Cast, everything: Everything) -> None:
    alice, here = as_user("alice"), {"Referer": f"http://localhost/users/show/{cast.alice}"}
    page = alice.get(f"/users/show/{cast.alice}").text
    assert "/users/deactivate/" not in page
    assert "/users/password/" not in page
    for path in (f"/users/deactivate/{cast.alice}", f"/users/delete/{cast.alice}"):
        assert press(alice, path, headers=here).status_code == 303
    with everything() as session:
        assert session.get_one(User, cast.alice).active


def test_two_editors_of_one_user_meet(as_user: As, cast: Cast, everything: Everything) -> None:
    alice, path = as_user("alice"), f"/users/edit/{cast.claire}"
    version = version_of(alice, path)
    with everything() as session:
        claire = session.get_one(User, cast.claire)
        claire.groups.append(session.get_one(Group, cast.support))
    data = new_user(cast, first_name="Claire", username="claire", email="c@acme.example")
    answer = alice.post(path, data={**data, "row_version": version})
    assert answer.status_code == 409


@pytest.mark.accept("A-24")
def test_an_editor_of_some_companies_reaches_their_people_only(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        cells = [RoleCell(entity="users", action=a, scope=int(Scope.COMPANY)) for a in ACTIONS]
        marc = session.get_one(User, cast.marc)
        marc.roles.append(Role(name="Clerk", cells=cells))
    marc = as_user("marc")
    text = marc.get("/users/list/").text
    assert "Colin" in text
    assert "Ortega" not in text
    for path in ("show", "edit"):
        assert marc.get(f"/users/{path}/{cast.claire}").status_code == 200
        assert marc.get(f"/users/{path}/{cast.olga}").status_code == 404
    for path in ("password", "deactivate", "delete"):
        assert marc.post(f"/users/{path}/{cast.olga}").status_code == 404


def test_a_list_of_people_costs_the_same_for_one_and_for_many(
    as_user: As, everything: Everything, counting: Any, cast: Cast
) -> None:
    alice, costs = as_user("alice"), []
    for more in (0, 15):
        with everything() as session:
            for number in range(more):
                name = f"p{number:02}"
                session.add(
                    User(
                        first_name=name,
                        last_name=name,
                        username=name,
                        email=f"{name}@acme.example",
                        active=True,
                        groups=[session.get_one(Group, cast.sales)],
                    )
                )
        for path in ("/users/list/", "/groups/list/", "/roles/list/"):
            with counting() as statements:
                assert alice.get(path).status_code == 200
            costs.append(len(statements))
    assert costs[:3] == costs[3:]
    assert max(costs) <= 8


def test_no_page_reads_a_hash_along_with_a_name(as_user: As, counting: Any, cast: Cast) -> None:
    alice = as_user("alice")
    for path in ("/users/list/", "/leads/list/", "/profile/", f"/groups/show/{cast.sales}"):
        with counting() as statements:
            assert alice.get(path).status_code == 200
        assert not [one for one in statements if re.search(r"ab_user\w*\.password", one)]


def test_a_group_with_members_stays(as_user: As, cast: Cast, everything: Everything) -> None:
    alice, here = as_user("alice"), f"http://localhost/groups/show/{cast.sales}"
    answer = press(alice, f"/groups/delete/{cast.sales}", headers={"Referer": here})
    assert answer.location.endswith(f"/groups/show/{cast.sales}")
    assert "This group has 2 members; remove them first." in alice.get(answer.location).text
    with everything() as session:
        session.add(Group(name="Empty"))
    with everything() as session:
        pk = session.scalars(select(Group.id).where(Group.name == "Empty")).one()
    assert press(alice, f"/groups/delete/{pk}").location == "/groups/list/"


def test_whoever_makes_a_company_works_for_it(as_user: As, everything: Everything) -> None:
    data = {
        "name": "ACME Sud", "code": "sud", "currency": "EUR", "language": "fr", "active": "1",
        "time_zone": "Europe/Paris", "default_account_kind": "prospect",
    }  # fmt: skip
    assert as_user("alice").post("/companies/add", data=data).status_code == 303
    with everything() as session:
        made = session.scalars(select(Company).where(Company.code == "SUD")).one()
        assert [user.username for user in made.users] == ["alice"]


# Oneself ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_profile_changes_what_gives_no_right(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    claire = as_user("claire")
    data = {
        "first_name": "Claire", "last_name": "Colin-Roy", "email": "claire@acme.example",
        "language": "fr", "time_zone": "Europe/Madrid", "theme": "dark", "phone": "01 02 03 04 05",
        "row_version": version_of(claire, "/profile/"),
        "username": "root", "active": "", "roles": "1", "groups": "2", "companies": "2",
    }  # fmt: skip
    assert claire.post("/profile/", data=data).status_code == 303
    with everything() as session:
        user = session.get_one(User, cast.claire)
        assert (user.last_name, user.theme, user.phone) == ("Colin-Roy", "dark", "+33102030405")
        assert (user.username, user.active) == ("claire", True)
        assert [role.code for role in user.roles] == ["salesperson"]
        assert [group.id for group in user.groups] == [cast.sales]
        assert [company.id for company in user.companies] == [cast.france]
    stale = claire.post("/profile/", data={**data, "last_name": "Colin-Rey"})
    assert stale.status_code == 409
    assert "Colin-Roy" in stale.text, "what is saved"
    assert 'value="Colin-Rey"' in stale.text, "what was typed"


def test_single_keys_are_switched_off_on_every_page(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    claire = as_user("claire")
    assert 'data-keys="off"' not in claire.get("/leads/list/").text
    with everything() as session:
        session.get_one(User, cast.claire).single_keys = False
    assert 'data-keys="off"' in claire.get("/leads/list/").text


def test_a_profile_with_somebody_elses_address_is_refused(as_user: As) -> None:
    claire = as_user("claire")
    data = {
        "first_name": "C", "last_name": "C", "email": "HUGO@acme.example", "language": "en",
        "time_zone": "Europe/Paris", "theme": "system",
        "row_version": version_of(claire, "/profile/"),
    }  # fmt: skip
    answer = claire.post("/profile/", data=data)
    assert answer.status_code == 422
    assert "This value is already used." in answer.text


def test_a_language_is_kept_with_the_user_or_in_the_session(
    as_user: As, client: Client, everything: Everything, cast: Cast
) -> None:
    claire = as_user("claire")
    answer = claire.post("/lang/", data={"language": "fr", "next": "/profile/"})
    assert (answer.status_code, answer.location) == (303, "/profile/")
    assert '<html lang="fr"' in claire.get("/profile/").text
    with everything() as session:
        assert session.get_one(User, cast.claire).language == "fr"
    assert client.post("/lang/fr", data={"next": "//evil.example"}).location == "/"
    assert '<html lang="fr"' in client.get("/login/").text
    assert client.post("/lang/tlh").status_code == 404
    assert client.get("/lang/fr").status_code == 405


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [("fr-CH, fr;q=0.9", "fr"), ("de, en;q=0.5", "en"), ("de", "en"), ("", "en")],
)
def test_before_a_choice_the_browser_says_the_language_and_no_cookie_is_set(
    accepted: str, lang: str, client: Client
) -> None:
    answer = client.get("/health", headers={"Accept-Language": accepted})
    assert "Set-Cookie" not in answer.headers
    assert (
        f'<html lang="{lang}"' in client.get("/login/", headers={"Accept-Language": accepted}).text
    )


def test_the_sign_in_page_speaks_the_language_of_its_link(client: Client) -> None:
    page = client.get("/login/?next=/leads/list/&lang=fr").text
    assert '<html lang="fr"' in page
    assert "next=/leads/list/" in page
    assert '<html lang="en"' in client.get("/login/").text, "a GET leaves nothing behind"


def test_a_theme_is_one_of_three(as_user: As) -> None:
    claire = as_user("claire")
    assert claire.post("/theme/dark").status_code == 303
    assert 'data-bs-theme="dark"' in claire.get("/profile/").text
    assert claire.post("/theme/", data={"theme": ""}).status_code == 303
    assert 'data-bs-theme="dark"' not in claire.get("/profile/").text
    assert claire.post("/theme/pink").status_code == 404


@pytest.mark.accept("A-26")
def test_the_company_on_top_is_one_of_ones_own(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    alice, claire = as_user("alice"), as_user("claire")
    assert alice.post("/company/", data={"company": str(cast.iberia)}).status_code == 303
    with everything() as session:
        assert session.get_one(User, cast.alice).active_company_id == cast.iberia
    assert alice.post("/company/all").status_code == 303
    with everything() as session:
        assert session.get_one(User, cast.alice).active_company_id is None
    for pk in (str(cast.iberia), "99", "x", "9" * 20):
        assert claire.post(f"/company/{pk}").status_code == 404


def test_leaving_a_company_forgets_it_was_chosen(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    alice = as_user("alice")
    alice.post(f"/company/{cast.iberia}")
    with everything() as session:
        user = session.get_one(User, cast.alice)
        user.companies = [session.get_one(Company, cast.france)]
    with everything() as session:
        assert session.get_one(User, cast.alice).active_company_id is None


def test_the_cast_signs_in_with_its_password(client: Client) -> None:
    assert (
        client.post("/login/", data={"username": "nadia", "password": PASSWORD}).status_code == 303
    )


def test_a_member_added_on_the_users_page_is_not_lost_by_the_groups(
    as_user: As, cast: Cast, everything: Everything
) -> None:
    alice, admin = as_user("alice"), as_user("admin")
    path = f"/groups/edit/{cast.support}"
    mine = posted(alice.get(path).text)
    other = posted(admin.get(f"/users/edit/{cast.hugo}").text)
    groups = [str(cast.sales), str(cast.support)]
    assert (
        admin.post(f"/users/edit/{cast.hugo}", data={**other, "groups": groups}).status_code == 303
    )
    answer = alice.post(path, data={**mine, "description": "Rappels"})
    assert answer.status_code == 409
    assert "Hugo Henry" in answer.text
    assert alice.post(path, data=posted(answer.text)).status_code == 303
    with everything() as session:
        group = session.get_one(Group, cast.support)
        assert group.description == "Rappels"
        assert {user.username for user in group.users} == {"hugo", "nadia"}
