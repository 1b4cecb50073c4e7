"""Services of users: who may be deleted, their agency, and the password that they choose."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.companies.models import Agency, Company
from crm.companies.people import commands, users
from crm.core.errors import DomainError
from crm.core.security import verify_password
from tests.factories import person
from tests.fixtures import PASSWORD, Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]


def test_nobody_deletes_themselves(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        with pytest.raises(DomainError, match="cannot delete your own account"):
            users.delete(person(cast.alice))
        session.rollback()


def test_a_user_needs_a_company_and_a_right(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            users.update(person(cast.claire), {"companies": [], "roles": [], "groups": []})
        assert no.value.fields.keys() == {"companies", "roles"}
        session.rollback()


def test_the_agencies_offered_are_those_of_the_chosen_companies(
    everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        for country in (cast.france, cast.iberia):
            chosen = {"companies": [session.get_one(Company, country)]}
            condition = users.candidates("agency", chosen)
            assert condition is not None
            found = session.scalars(select(Agency).where(condition)).all()
            assert {agency.company_id for agency in found} <= {country}
        assert users.candidates("roles", {}) is None


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("not this one", "eight swans on a lake", "old_password"),
        (PASSWORD, PASSWORD, "password"),
        (PASSWORD, "short", "password"),
        (PASSWORD, "claire and the lake", "password"),
    ],
)
def test_a_password_is_refused_beside_its_field(
    everything: Everything, cast: Cast, old: str, new: str, field: str
) -> None:
    with everything(), pytest.raises(DomainError) as no:
        users.own_password(person(cast.claire), old, new)
    assert list(no.value.fields) == [field]


def test_a_password_that_is_chosen_is_kept_as_a_hash(everything: Everything, cast: Cast) -> None:
    with everything():
        kept = users.own_password(person(cast.claire), PASSWORD, "eight swans on a lake")
        assert verify_password(kept, "eight swans on a lake")


def test_a_typed_password_is_asked_for_twice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["eight swans", "eight swans", "eight swans", "eight swan"])
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(commands, "getpass", lambda prompt: next(typed))
    with app.app_context():
        assert commands.read_password("Password: ") == "eight swans"
        with pytest.raises(DomainError, match="do not match"):
            commands.read_password("Password: ")


class Terminal:
    """A standard input at which somebody sits."""

    def isatty(self) -> bool:
        return True
