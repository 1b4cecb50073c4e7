"""`crm user` and the first administrator."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User, assoc_user_role
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.companies.people import commands, users
from crm.core.errors import DomainError, NotFound
from crm.core.rows import unfiltered
from crm.core.security import verify_password
from tests.fixtures import PASSWORD, Cast, Client

Everything = Callable[[], AbstractContextManager[Session]]


def test_a_password_that_is_piped_in_lets_in(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a heron on the old quay\nmore\n"))
    with app.app_context():
        typed = commands.read_password("Password: ")
        assert typed == "a heron on the old quay"
        assert commands.password("Claire", typed) == ""
    answer = client.post("/login/", data={"username": "claire", "password": typed})
    assert answer.status_code == 303
    assert client.get("/leads/list/").status_code == 200, "whoever typed it need not change it"


def test_a_weak_password_is_accepted_with_a_warning(app: Flask) -> None:
    with app.app_context():
        assert "at least 12 characters" in commands.password("claire", "short")
        assert "must not contain" in commands.password("claire", "claire-and-a-rest")
        with pytest.raises(DomainError, match="empty"):
            commands.password("claire", "\0")
        with pytest.raises(NotFound, match="nobody"):
            commands.password("nobody", "x" * 20)


def test_a_password_can_be_asked_to_be_changed(app: Flask, client: Client) -> None:
    with app.app_context():
        commands.password("claire", "a heron on the old quay", must_change=True)
    client.post("/login/", data={"username": "claire", "password": "a heron on the old quay"})
    assert client.get("/leads/list/").location == "/password/"


def test_a_closed_name_opens_with_a_new_password(app: Flask, client: Client) -> None:
    for _attempt in range(6):
        client.post("/login/", data={"username": "claire", "password": "wrong"})
    with app.app_context():
        commands.password("claire", "a heron on the old quay")
    data = {"username": "claire", "password": "a heron on the old quay"}
    assert client.post("/login/", data=data).status_code == 303


@pytest.fixture
def command(app: Flask) -> Iterator[None]:
    """What `crm user …` runs in: it opens the transaction itself."""
    with app.app_context(), unfiltered("a command"):
        yield


def test_a_user_is_made_with_a_password_to_change(command: None, everything: Everything) -> None:
    given = commands.create(
        "Eva", "eva@acme.example", "Eva de Luca", roles=["Salesperson"], groups=["sales"],
        companies=["acme-fr"],
    )  # fmt: skip
    with everything() as session:
        eva = session.scalars(select(User).where(User.username == "eva")).one()
        assert (eva.first_name, eva.last_name) == ("Eva", "de Luca")
        assert [company.code for company in eva.companies] == ["ACME-FR"]
        assert eva.must_change_password
        assert verify_password(eva.password, given)


def test_a_user_needs_a_role_that_exists(command: None) -> None:
    with pytest.raises(NotFound, match="Wizard"):
        commands.create("eva", "eva@acme.example", "Eva", roles=["Wizard"])
    with pytest.raises(DomainError, match="role or group"):
        commands.create("eva", "eva@acme.example", "Eva")


def test_a_company_that_does_not_exist_is_not_left_out(command: None) -> None:
    with pytest.raises(NotFound, match="NOWHERE"):
        commands.create(
            "eva", "eva@acme.example", "Eva", groups=["Sales"], companies=["ACME-FR", "nowhere"]
        )


def test_deactivation_and_the_list(command: None) -> None:
    commands.deactivate("claire@acme.example")
    lines = {line.split("\t")[0]: line for line in commands.listing()}
    assert "inactive" in lines["claire"]
    assert "Salesperson" in lines["hugo"]
    assert "ACME-ES" in lines["olga"]


def test_the_first_administrator_is_made_once(everything: Everything, cast: Cast) -> None:
    with everything() as session:
        assert users.ensure_admin("another") is None
        admin = session.get_one(User, cast.people["admin"])
        assert verify_password(admin.password, PASSWORD), "the one that CRM_ADMIN_PASSWORD gave"
        assert not admin.must_change_password


def test_a_made_up_first_password_must_be_changed(everything: Everything, cast: Cast) -> None:
    with everything() as session:
        session.execute(delete(assoc_user_role))
        renamed = {"username": "old", "email": "old@acme.example"}
        session.execute(update(User).where(User.id == cast.people["admin"]).values(**renamed))
        given = users.ensure_admin()
        assert given is not None
        admin = session.scalars(select(User).where(User.username == "admin")).one()
        assert verify_password(admin.password, given)
        assert admin.must_change_password
        assert [role.code for role in admin.roles] == ["admin"]
        assert len(admin.companies) == 2
        assert users.ensure_admin() is None


def test_an_admin_who_was_deactivated_is_not_brought_back(
    everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        session.execute(delete(assoc_user_role))
        assert users.ensure_admin() is None
