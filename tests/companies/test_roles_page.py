"""The grid: what it shows, what it saves, what it refuses."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.companies.models import AppSettings
from crm.companies.people.grid import ENTITIES, describe
from crm.companies.people.roles import grid_of
from crm.core.actor import ACTIONS, Scope
from tests.fixtures import Client
from tests.pressing import press

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def ids(everything: Everything) -> dict[str, int]:
    with everything() as session:
        return {role.code: role.id for role in session.scalars(select(Role))}


def cells_on(text: str) -> dict[str, int]:
    """name → scope of every select of the grid."""
    found = re.findall(r'<select[^>]* name="(\w+\.\w+)".*?</select>', text, re.DOTALL)
    chosen = re.findall(r'<select[^>]* name="(\w+\.\w+)".*?value="(\d)" selected', text, re.DOTALL)
    assert len(found) == len(chosen)
    return {name: int(scope) for name, scope in chosen}


def save(client: Client, pk: int, **cells: int | str) -> Any:
    text = client.get(f"/roles/show/{pk}").text
    version = re.search(r'name="row_version" value="(\d+)"', text)
    assert version
    data = {name.replace("__", "."): str(scope) for name, scope in cells.items()}
    return client.post(f"/roles/save/{pk}", data={"row_version": version[1], **data})


def test_the_page_shows_the_grid_that_holds(
    as_user: As, ids: dict[str, int], everything: Everything
) -> None:
    shown = cells_on(as_user("alice").get(f"/roles/show/{ids['salesperson']}").text)
    with everything() as session:
        held = grid_of(session.get_one(Role, ids["salesperson"]))
    assert shown["leads.read"] == Scope.TEAM
    assert shown["leads.delete"] == Scope.NONE
    for name, scope in shown.items():
        entity, action = name.split(".")
        assert held[entity, action] == scope


def test_a_feature_that_is_off_has_no_row(
    as_user: As, ids: dict[str, int], everything: Everything
) -> None:
    alice, path = as_user("alice"), f"/roles/show/{ids['salesperson']}"
    assert "agencies.read" not in cells_on(alice.get(path).text)
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
    assert "agencies.read" in cells_on(alice.get(path).text)


def test_a_saved_cell_holds_at_the_next_click(as_user: As, ids: dict[str, int]) -> None:
    claire, alice = as_user("claire"), as_user("alice")
    assert claire.get("/leads/list/").status_code == 200
    answer = save(alice, ids["salesperson"], leads__read=0)
    assert answer.status_code == 303
    assert claire.get("/leads/list/").status_code == 403
    assert save(alice, ids["salesperson"], leads__read=2).status_code == 303
    assert claire.get("/leads/list/").status_code == 200


def test_cells_that_were_not_posted_stay(
    as_user: As, ids: dict[str, int], everything: Everything
) -> None:
    with everything() as session:
        before = grid_of(session.get_one(Role, ids["salesperson"]))
    save(as_user("alice"), ids["salesperson"], leads__delete=1)
    with everything() as session:
        after = grid_of(session.get_one(Role, ids["salesperson"]))
    assert after == {**before, ("leads", "delete"): Scope.OWN}


def test_the_history_names_the_cell(as_user: As, ids: dict[str, int]) -> None:
    alice = as_user("alice")
    save(alice, ids["salesperson"], leads__delete=1)
    text = alice.get(f"/roles/show/{ids['salesperson']}?tab=history").text
    words = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", text))
    assert "Leads, delete" in words
    assert "Alice Arnaud" in words


@pytest.mark.parametrize("scope", ["6", "-1", "all", "", "1.0"])
def test_a_scope_that_is_none_is_refused(scope: str, as_user: As, ids: dict[str, int]) -> None:
    answer = save(as_user("alice"), ids["salesperson"], leads__read=scope)
    assert answer.status_code == 422


def test_two_editors_of_one_grid_meet_and_nothing_is_lost(as_user: As, ids: dict[str, int]) -> None:
    alice, pk = as_user("alice"), ids["salesperson"]
    text = alice.get(f"/roles/show/{pk}").text
    version = re.search(r'name="row_version" value="(\d+)"', text)
    assert version
    save(alice, pk, quotes__delete=0)
    data = {"row_version": version[1], "leads.read": "4"}
    answer = alice.post(f"/roles/save/{pk}", data=data)
    assert answer.status_code == 409
    shown = cells_on(answer.text)
    assert (shown["leads.read"], shown["quotes.delete"]) == (4, 0), "mine, and what was saved"
    newer = re.search(r'name="row_version" value="(\d+)"', answer.text)
    assert newer
    assert (
        alice.post(f"/roles/save/{pk}", data={**data, "row_version": newer[1]}).status_code == 303
    )


def test_the_administrator_role_is_shown_and_fixed(as_user: As, ids: dict[str, int]) -> None:
    alice = as_user("alice")
    text = alice.get(f"/roles/show/{ids['admin']}").text
    assert "can do everything and cannot be edited" in text
    assert save(alice, ids["admin"], leads__read=1).status_code == 422
    assert f"/roles/delete/{ids['admin']}" not in text


def test_a_copy_has_the_same_cells_and_no_people(
    as_user: As, ids: dict[str, int], everything: Everything
) -> None:
    alice = as_user("alice")
    answer = alice.post(f"/roles/duplicate/{ids['salesperson']}")
    assert answer.status_code == 303
    with everything() as session:
        copy = session.get_one(Role, int(answer.location.rsplit("/", 1)[1]))
        assert (copy.name, copy.code, copy.user) == ("Salesperson (2)", None, [])
        assert grid_of(copy) == grid_of(session.get_one(Role, ids["salesperson"]))
        pk = copy.id
    assert press(alice, f"/roles/delete/{pk}").location == "/roles/list/"


def test_a_role_in_use_stays(as_user: As, ids: dict[str, int]) -> None:
    alice, pk = as_user("alice"), ids["salesperson"]
    here = {"Referer": f"http://localhost/roles/show/{pk}"}
    assert press(alice, f"/roles/delete/{pk}", headers=here).status_code == 303
    assert "have this role; remove it from them first." in alice.get(f"/roles/show/{pk}").text


def test_a_name_is_given_once(as_user: As, ids: dict[str, int]) -> None:
    alice = as_user("alice")
    assert alice.post("/roles/add", data={"name": "Buyer"}).status_code == 303
    again = alice.post("/roles/add", data={"name": "Buyer"})
    assert again.status_code == 422
    assert "This value is already used." in again.text


def test_a_shipped_role_is_called_in_the_readers_language_until_it_is_renamed(
    as_user: As, ids: dict[str, int], everything: Everything
) -> None:
    alice = as_user("alice")
    alice.post("/lang/fr")
    assert "Commercial" in alice.get("/roles/list/").text
    with everything() as session:
        session.get_one(Role, ids["salesperson"]).name = "Vendeur"
    assert "Vendeur" in alice.get("/roles/list/").text


def test_the_users_of_a_role_are_listed_however_they_have_it(
    as_user: As, ids: dict[str, int]
) -> None:
    text = as_user("alice").get(f"/roles/show/{ids['salesperson']}?tab=people").text
    for name in ("Colin", "Henry", "Ortega"):
        assert name in text
    assert "Imbert" not in text


def test_a_role_has_a_summary_in_one_sentence() -> None:
    everything = {(entity, action): Scope.ALL for entity in ENTITIES for action in ACTIONS}
    assert describe(everything).startswith("Can do everything")
    assert describe({}) == "No rights yet."
    seller = {(entity, "read"): Scope.TEAM for entity in ENTITIES}
    seller |= {(entity, "edit"): Scope.OWN for entity in ENTITIES if entity == "leads"}
    assert describe(seller) == "Records: read (team)."
    translator = {("translations", "edit"): Scope.ALL, ("reference", "read"): Scope.ALL}
    assert describe(translator) == "Can edit: Translations."
    assert describe(translator, ["reference"]) == "Can read: Reference data."
