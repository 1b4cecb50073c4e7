"""Who may change whom: act by act, for two who administer one company and for the administrator.

Marc reads all of his company's records; Claire those of her team. Both may edit the users of their
company.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.companies.models import Agency, Company, RoleCell
from crm.companies.people import groups, roles, users
from crm.core.actor import ACTIONS, Scope
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from tests.fixtures import Acting, Cast, Client

Everything = Callable[[], AbstractContextManager[Session]]
Act = Callable[[Session], None]


def one(session: Session, model: Any, name: str) -> Any:
    """By the name that a table calls it."""
    columns = {User: User.username, Company: Company.code, Role: Role.code, Group: Group.name}
    with unfiltered("an attacker may hold any row"):
        return session.scalars(select(model).where(columns[model] == name)).one()


def person(session: Session, name: str, role: str, group: str, *companies: str) -> None:
    values = {
        "username": name, "email": f"{name}@acme.example", "first_name": name, "last_name": name,
        "active": True, "roles": [one(session, Role, role)],
        "groups": [one(session, Group, group)] if group else [],
        "companies": [one(session, Company, code) for code in companies],
    }  # fmt: skip
    users.create(values)


@pytest.fixture(autouse=True)
def people(everything: Everything) -> None:
    """A mixed group, a team of strangers, a person of two companies, two clerks."""
    with everything() as session:
        alice, claire, hugo = (one(session, User, name) for name in ("alice", "claire", "hugo"))
        nadia, olga = one(session, User, "nadia"), one(session, User, "olga")
        session.add(Group(name="Chiefs", roles=[one(session, Role, "admin")], users=[alice]))
        session.add(Group(name="Both", users=[hugo, olga, nadia]))
        session.add(Group(name="North", is_team=True))
        session.flush()
        person(session, "remi", "salesperson", "North", "ACME-FR")
        person(session, "paul", "salesperson", "", "ACME-FR", "ACME-ES")
        person(session, "unused", "salesperson", "Support", "ACME-FR")
        session.add(Group(name="Desk", users=[claire, one(session, User, "remi")]))
        session.add(Role(name="Spare", code="spare"))
        for name in ("marc", "claire"):
            cells = [RoleCell(entity="users", action=a, scope=int(Scope.COMPANY)) for a in ACTIONS]
            clerk = one(session, User, name)
            clerk.roles.append(Role(name=f"Clerk {name}", cells=cells))


def linked(model: Any, of: str, relation: str, target: Any, name: str) -> Act:
    def act(session: Session) -> None:
        row = one(session, model, of)
        getattr(row, relation).append(one(session, target, name))

    return act


def unlinked(model: Any, of: str, relation: str, target: Any, name: str) -> Act:
    def act(session: Session) -> None:
        row = one(session, model, of)
        with unfiltered("an attacker may hold any row"):
            getattr(row, relation).remove(one(session, target, name))

    return act


def put(user: str, group: str) -> Act:
    return linked(Group, group, "users", User, user)


def put_from_the_user(user: str, group: str) -> Act:
    return linked(User, user, "groups", Group, group)


def take(user: str, group: str) -> Act:
    return unlinked(Group, group, "users", User, user)


def give(user: str, role: str) -> Act:
    return linked(User, user, "roles", Role, role)


def strip(user: str, role: str) -> Act:
    return unlinked(User, user, "roles", Role, role)


def set_of(model: Any, of: str, /, **values: Any) -> Act:
    def act(session: Session) -> None:
        row = one(session, model, of)
        for key, value in values.items():
            setattr(row, key, value)

    return act


def empty(group: str) -> Act:
    return set_of(Group, group, users=[])


def group_gets(group: str, role: str) -> Act:
    return linked(Group, group, "roles", Role, role)


def group_loses(group: str, role: str) -> Act:
    return unlinked(Group, group, "roles", Role, role)


def employ(user: str, company: str) -> Act:
    return linked(User, user, "companies", Company, company)


def employ_from_the_company(user: str, company: str) -> Act:
    return linked(Company, company, "users", User, user)


def dismiss(user: str, company: str) -> Act:
    return unlinked(User, user, "companies", Company, company)


def delete(model: Any, name: str) -> Act:
    return lambda session: session.delete(one(session, model, name))


def new_role(session: Session) -> None:
    roles.create({"name": "Mine"})


def cell(role: str, entity: str, action: str, scope: Scope) -> Act:
    return lambda session: roles.save_cells(one(session, Role, role), {(entity, action): scope})


def cell_by_its_key(session: Session) -> None:
    role_id = one(session, Role, "spare").id
    session.add(RoleCell(role_id=role_id, entity="leads", action="read", scope=1))


def new_group(session: Session) -> None:
    session.add(Group(name="Mine", users=[one(session, User, "hugo")]))


def password(user: str) -> Act:
    return lambda session: users.set_password(one(session, User, user), "x" * 12, must_change=True)


# what is done → by Marc, by Claire, by Alice
TABLE: dict[str, tuple[Act, str]] = {
    "put a colleague into a group of the company": (put("hugo", "Support"), "yes yes yes"),
    "take a colleague out of it": (take("nadia", "Support"), "yes yes yes"),
    "rename it": (set_of(Group, "Support", name="Help"), "yes yes yes"),
    "give it a role that one has": (group_gets("Support", "salesperson"), "yes yes yes"),
    "give it a role that one lacks": (group_gets("Support", "admin"), "no no yes"),
    "make a group of colleagues": (new_group, "yes yes yes"),
    "put a colleague into a mixed group": (put("remi", "Both"), "no no yes"),
    "the same from the user": (put_from_the_user("remi", "Both"), "no no yes"),
    "take a colleague out of a mixed group": (take("hugo", "Both"), "no no yes"),
    "take a stranger out of it": (take("olga", "Both"), "no no yes"),
    "empty a mixed group": (empty("Both"), "no no yes"),
    "rename a mixed group": (set_of(Group, "Both", name="Ours"), "no no yes"),
    "make a mixed group a team": (set_of(Group, "Both", is_team=True), "no no yes"),
    "delete a mixed group": (delete(Group, "Both"), "no no yes"),
    "strip a group of Admin": (group_loses("Chiefs", "admin"), "no no yes"),
    "empty a group with Admin": (empty("Chiefs"), "no no yes"),
    "join a group with Admin": (put("marc", "Chiefs"), "no no yes"),
    "delete a group with Admin": (delete(Group, "Chiefs"), "no no yes"),
    "make a role": (new_role, "no no yes"),
    "rename a role": (set_of(Role, "salesperson", name="Seller"), "no no yes"),
    "delete a role": (delete(Role, "spare"), "no no yes"),
    "narrow a role": (cell("salesperson", "leads", "read", Scope.NONE), "no no yes"),
    "widen a role": (cell("spare", "leads", "read", Scope.OWN), "no no yes"),
    "widen a role by its key": (cell_by_its_key, "no no yes"),
    "give a role that one has": (give("nadia", "salesperson"), "yes yes yes"),
    "give a role that one lacks": (give("nadia", "admin"), "no no yes"),
    "give a wider role": (give("nadia", "manager"), "yes no yes"),
    "take a role that one has": (strip("hugo", "salesperson"), "yes yes yes"),
    "take a role of somebody with more rights": (strip("alice", "admin"), "no no -"),
    "join a team": (put("claire", "North"), "yes no yes"),
    "join a team from the user": (put_from_the_user("claire", "North"), "yes no yes"),
    "put a colleague into a team": (put("hugo", "North"), "yes no yes"),
    "put a stranger into one's own team": (put("remi", "Sales"), "yes no yes"),
    "put who has no rights into one's team": (put("nadia", "Sales"), "yes no yes"),
    "make a team of colleagues": (set_of(Group, "Desk", is_team=True), "yes no yes"),
    "take a company": (employ("marc", "ACME-ES"), "no no yes"),
    "give a company": (employ("nadia", "ACME-ES"), "no no yes"),
    "give it from the company": (employ_from_the_company("nadia", "ACME-ES"), "no no yes"),
    "take somebody from a company": (dismiss("paul", "ACME-FR"), "no no yes"),
    "take somebody from another company": (dismiss("paul", "ACME-ES"), "no no yes"),
    "a password of a colleague": (password("nadia"), "yes yes yes"),
    "a password of one's team": (password("hugo"), "yes yes yes"),
    "a password of another team": (password("remi"), "yes no yes"),
    "a password of somebody with more rights": (password("alice"), "no no -"),
    "a password of two companies": (password("paul"), "no no yes"),
    "a password of another company": (password("olga"), "no no yes"),
    "an address of two companies": (set_of(User, "paul", email="me@acme.example"), "no no yes"),
    "a name of two companies": (set_of(User, "paul", username="me"), "no no yes"),
    "deactivate a colleague": (set_of(User, "hugo", active=False), "yes yes yes"),
    "deactivate somebody of two companies": (set_of(User, "paul", active=False), "no no yes"),
    "delete a colleague": (delete(User, "unused"), "yes yes yes"),
    "delete somebody of two companies": (delete(User, "paul"), "no no yes"),
    "a phone of two companies": (set_of(User, "paul", phone="0102030405"), "no no yes"),
    "a phone of a colleague": (set_of(User, "nadia", phone="0102030405"), "yes yes yes"),
}


def answer(acting: Acting, actor: str, act: Act) -> str:
    """ "yes", or why not; undone again."""
    told = "yes"
    with acting(actor) as session:
        try:
            act(session)
            session.flush()
        except DomainError as error:
            told = str(error)
        session.rollback()
    return told


@pytest.mark.slow("tries every act on people, groups and roles")
@pytest.mark.both
def test_each_act_is_allowed_or_refused(acting: Acting) -> None:
    wrong = []
    for name, (act, answers) in TABLE.items():
        for actor, expected in zip(("marc", "claire", "alice"), answers.split(), strict=True):
            told = answer(acting, actor, act) if expected != "-" else "-"
            if (told if told in ("yes", "-") else "no") != expected:
                wrong.append(f"{actor}: {name}: {told}")
    assert wrong == []


def test_an_agency_is_given_by_who_reads_it(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        ines = session.get_one(User, cast.ines)
        cells = [RoleCell(entity="users", action="edit", scope=int(Scope.COMPANY))]
        ines.roles.append(Role(name="Office", cells=cells))
        ines.agency = session.get_one(Agency, cast.lyon)

    def engage(agency_id: int) -> Act:
        def act(session: Session) -> None:
            nadia = one(session, User, "nadia")
            nadia.roles.append(one(session, Role, "assistant"))
            nadia.agency_id = agency_id

        return act

    assert answer(acting, "ines", engage(cast.lyon)) == "yes"
    assert "cannot grant" in answer(acting, "ines", engage(cast.lille))


def test_a_scope_below_the_company_administers_nobody(
    acting: Acting, everything: Everything
) -> None:
    with everything() as session:
        cells = [RoleCell(entity="users", action="edit", scope=int(Scope.TEAM))]
        hugo = one(session, User, "hugo")
        hugo.roles.append(Role(name="Team users", cells=cells))
    assert "not open to your role" in answer(acting, "hugo", set_of(User, "nadia", job_title="x"))


# The pages offer what is allowed ─────────────────────────────────────────────────────────────────


@pytest.fixture
def ids(everything: Everything) -> dict[str, int]:
    with everything() as session:
        found = {row.name: row.id for row in session.scalars(select(Group))}
        found |= {row.code: row.id for row in session.scalars(select(Role))}
        return found | {row.username: row.id for row in session.scalars(select(User))}


def test_users_offer_what_is_allowed(as_user: Callable[[str], Client], ids: dict[str, int]) -> None:
    marc = as_user("marc")
    text = marc.get("/users/list/").text
    for name, is_offered in (("hugo", True), ("paul", False), ("alice", False), ("marc", True)):
        assert (f"/users/edit/{ids[name]}" in text) == is_offered, name
        assert marc.get(f"/users/edit/{ids[name]}").status_code == (200 if is_offered else 404)
        page = marc.get(f"/users/show/{ids[name]}")
        assert page.status_code == 200
        assert ("/users/edit/" in page.text) == is_offered, name
        assert ("/users/deactivate/" in page.text) == (is_offered and name != "marc"), name
    assert marc.post(f"/users/password/{ids['paul']}").status_code == 404
    assert "/users/delete/" not in marc.get(f"/users/show/{ids['marc']}").text


def test_groups_offer_what_is_allowed(
    as_user: Callable[[str], Client], ids: dict[str, int]
) -> None:
    marc = as_user("marc")
    text = marc.get("/groups/list/").text
    assert "/groups/add" in text
    for name, is_offered in (("Support", True), ("Both", False), ("Chiefs", False)):
        assert (f"/groups/edit/{ids[name]}" in text) == is_offered, name
        page = marc.get(f"/groups/show/{ids[name]}").text
        assert (f"/groups/edit/{ids[name]}" in page) == is_offered, name
        assert (f"/groups/delete/{ids[name]}" in page) == is_offered, name


def test_roles_offer_nothing_to_who_administers_one_company(
    as_user: Callable[[str], Client], ids: dict[str, int]
) -> None:
    marc, alice = as_user("marc"), as_user("alice")
    role = ids["salesperson"]
    for path in ("/roles/list/", f"/roles/show/{role}"):
        assert marc.get(path).status_code == 200
        for act in ("add", "edit", "delete", "duplicate"):
            assert f"/roles/{act}" not in marc.get(path).text
    assert "c-savebar" not in marc.get(f"/roles/show/{role}").text
    assert "/roles/duplicate/" in alice.get("/roles/list/").text
    for path in ("/roles/add", f"/roles/edit/{role}"):
        assert (marc.get(path).status_code, alice.get(path).status_code) == (403, 200)
    for path in ("save", "duplicate", "delete"):
        assert marc.post(f"/roles/{path}/{role}").status_code == 403


def test_the_api_refuses_alike(
    client: Client, token_of: Callable[[str], dict[str, str]], ids: dict[str, int]
) -> None:
    marc = token_of("marc")
    path = f"/api/v1/groups/{ids['Both']}"
    body = {"users": [], "row_version": 1}
    assert client.put(path, json=body, headers=marc).status_code == 404
    made = {"name": "Mine", "users": [ids["olga"]]}
    assert client.post("/api/v1/groups/", json=made, headers=marc).status_code == 422
    assert client.delete(f"/api/v1/users/{ids['paul']}", headers=marc).status_code == 404


def test_a_group_is_deleted_by_who_may(acting: Acting, ids: dict[str, int]) -> None:
    with acting("alice") as session:
        session.get_one(Group, ids["North"]).users = []
        session.flush()
        groups.delete(session.get_one(Group, ids["North"]))
