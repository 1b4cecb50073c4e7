"""What was read before the write lock is asked again under it: actor, rights, rows."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.companies.models import User
from crm.core import db as core_db
from crm.core.datamodel import DataModel
from crm.core.db import transaction
from crm.core.rows import unfiltered
from crm.leads.models import Lead
from tests.companies.filled import posted
from tests.core.test_transaction import As, Everything, elsewhere
from tests.factories import make
from tests.fixtures import Acting, Cast

ROLE_GONE = "DELETE FROM ab_user_role WHERE user_id IN ({claire}, {marc})"
MOVED = "UPDATE lead SET company_id = {iberia} WHERE id = {pk}"
SAVED = "UPDATE lead SET organization = 'Theirs', row_version = row_version + 1 WHERE id = {pk}"
GONE = "UPDATE lead SET deleted_at = created_on WHERE id = {pk}"
INACTIVE = "UPDATE ab_user SET active = {false} WHERE id = {claire}"
PROFILE = (
    "UPDATE ab_user SET job_title = 'Theirs', row_version = row_version + 1 WHERE id = {claire}"
)
ENDED = "UPDATE ab_user SET session_epoch = session_epoch + 1 WHERE id = {claire}"

pytestmark = pytest.mark.both


@pytest.fixture
def meanwhile(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, database: str) -> Any:
    """`meanwhile(SAVED, pk)`: done by somebody else in the moment before the lock is taken."""

    def do(statement: str, pk: int = 0, **more: str) -> None:
        false = "false" if database == "postgres" else "0"
        words = {**cast.people, "iberia": cast.iberia, "pk": pk, "false": false, **more}
        stock, left = core_db._take_lock, [statement.format(**words)]

        def patched(*args: Any) -> None:
            if left:
                elsewhere(app, left.pop())
            stock(*args)

        monkeypatch.setattr(core_db, "_take_lock", patched)

    return do


@pytest.fixture
def lead(acting: Acting) -> Lead:
    """A lead of Claire's."""
    with acting("claire"):
        found: Lead = make(Lead, organization="Ours")
    return found


def organization(everything: Everything, lead: Lead) -> str:
    with everything() as session:
        return str(session.scalars(select(Lead.organization).where(Lead.id == lead.id)).one())


PAGE = {ROLE_GONE: 404, MOVED: 404, SAVED: 409, GONE: 404, INACTIVE: 303, ENDED: 303}


@pytest.mark.parametrize("statement", PAGE)
def test_a_form_is_refused(
    statement: str, lead: Lead, as_user: As, cast: Cast, meanwhile: Any, everything: Everything
) -> None:
    claire, before = as_user("claire"), organization(everything, lead)
    meanwhile(statement, lead.id)
    data = {"organization": "Mine", "status": lead.status_id, "owner": cast.claire}
    answer = claire.post(f"/leads/edit/{lead.id}", data=data | {"row_version": lead.row_version})
    assert answer.status_code == PAGE[statement]
    if answer.status_code == 409:
        assert "Mine" in answer.text, "what was typed is kept"
    if answer.status_code == 303:
        assert answer.location.startswith("/login/")
    assert organization(everything, lead) == ("Theirs" if statement == SAVED else before)


API = {ROLE_GONE: 403, MOVED: 404, SAVED: 409, GONE: 404, INACTIVE: 401, ENDED: 401}


@pytest.mark.parametrize("statement", API)
def test_the_api_refuses(
    statement: str, lead: Lead, as_user: As, token_of: Any, meanwhile: Any, everything: Everything
) -> None:
    token, claire = token_of("claire"), as_user("claire")
    meanwhile(statement, lead.id)
    body = {"organization": "Mine", "row_version": lead.row_version}
    answer = claire.put(f"/api/v1/leads/{lead.id}", json=body, headers=token)
    assert answer.status_code == API[statement]
    assert answer.is_json
    assert organization(everything, lead) == ("Theirs" if statement == SAVED else "Ours")


ACTS: dict[str, Callable[[Lead], tuple[str, dict[str, Any]]]] = {
    "delete": lambda lead: (f"/leads/delete/{lead.id}", {}),
    "in place": lambda lead: (f"/leads/field/{lead.id}/organization", {"organization": "Mine"}),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("statement", [ROLE_GONE, MOVED, GONE, SAVED])
def test_a_button_and_an_edit_in_place_are_refused(
    act: str, statement: str, lead: Lead, as_user: As, meanwhile: Any, everything: Everything
) -> None:
    marc = as_user("marc")
    address, data = ACTS[act](lead)
    meanwhile(statement, lead.id)
    marc.post(address, data=data | {"row_version": lead.row_version})
    with everything() as session:
        row = session.get_one(Lead, lead.id)
        assert row.organization == ("Theirs" if statement == SAVED else "Ours")
        assert (row.deleted_at is None) == (statement != GONE)


def test_a_profile_saved_elsewhere_at_the_last_moment_comes_back_with_both(
    as_user: As, meanwhile: Any, cast: Cast, everything: Everything
) -> None:
    claire = as_user("claire")
    data = {**posted(claire.get("/profile/").text), "job_title": "Mine"}
    meanwhile(PROFILE)
    answer = claire.post("/profile/", data=data)
    assert answer.status_code == 409
    assert "after you opened it" in answer.text
    assert 'value="Mine"' in answer.text
    with everything() as session:
        assert session.get_one(User, cast.claire).job_title == "Theirs"


def test_what_one_transaction_took_away_does_not_stop_the_next(app: Flask, lead: Lead) -> None:
    table = DataModel(Lead)
    with app.app_context(), unfiltered("the rows themselves"):
        with transaction():
            table.remove(table.fetch(lead.id, "delete"))
        with transaction() as session:
            assert session.get_one(Lead, lead.id).deleted_at


def test_a_new_record_is_refused(
    as_user: As, cast: Cast, meanwhile: Any, everything: Everything
) -> None:
    claire = as_user("claire")
    meanwhile(ROLE_GONE)
    data = {"organization": "Mine", "status": 1, "owner": cast.claire}
    answer = claire.post("/leads/add", data=data)
    assert answer.status_code == 403
    assert "You are not allowed to do this." in answer.text
    assert "Mine" in answer.text
    with everything() as session:
        assert session.scalars(select(Lead)).all() == []


def test_a_feature_that_is_switched_off_is_gone(
    app: Flask, as_user: As, meanwhile: Any, database: str
) -> None:
    on, off = ("true", "false") if database == "postgres" else ("1", "0")
    elsewhere(app, "UPDATE app_settings SET manage_agencies = {}", on)
    alice = as_user("alice")
    meanwhile("UPDATE app_settings SET manage_agencies = {off}", off=off)
    assert alice.post("/agencies/add", data={"name": "Brest", "company": 1}).status_code == 404
