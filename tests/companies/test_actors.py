"""The actor is loaded in two statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import false
from sqlalchemy.orm import Session

from crm.companies.actors import load_actor
from crm.companies.models import AppSettings, Assignable, Group, Role, User
from crm.core.actor import Scope
from tests.factories import person
from tests.fixtures import Cast

Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both


def test_two_statements_whatever_one_holds(
    app: Flask, cast: Cast, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with app.app_context(), counting() as statements:
        claire = load_actor(cast.claire)
    assert len(statements) == 2
    assert claire is not None
    assert claire.name == "Claire Colin"
    assert [company.name for company in claire.companies] == ["ACME France"]
    assert claire.company_ids == (cast.france,)
    assert claire.role_names == ("Salesperson",)
    assert claire.team_ids == (cast.sales,)
    assert claire.scopes("read", "leads") == {Scope.TEAM}
    assert not claire.can("delete", "leads")
    assert not claire.can("read", "users")
    assert claire.settings["assignable_users"] == Assignable.ALL
    assert not claire.is_enabled("manage_catalogs")


def test_roles_add_up_their_own_and_those_of_groups(
    app: Flask, cast: Cast, everything: Everything
) -> None:
    with everything() as session:
        group = session.get_one(Group, cast.sales)
        group.roles = [session.query(Role).filter_by(code="assistant").one()]
    with app.app_context():
        claire = load_actor(cast.claire)
    assert claire is not None
    assert claire.scopes("read", "leads") == {Scope.TEAM, Scope.AGENCY}
    assert claire.widest_scope("edit", "leads") is Scope.AGENCY
    assert set(claire.role_names) == {"Salesperson", "Assistant"}


def test_nobody_where_one_is_inactive_gone_or_no_longer_alive(
    app: Flask, cast: Cast, everything: Everything
) -> None:
    with everything():
        person(cast.hugo).active = False
    with app.app_context():
        assert load_actor(cast.hugo) is None
        assert load_actor(999_999) is None
        assert load_actor(cast.claire, false()) is None
        assert load_actor(cast.claire, User.session_epoch >= 0) is not None


@pytest.mark.accept("A-19")
def test_a_setting_holds_for_the_next_actor(app: Flask, cast: Cast, everything: Everything) -> None:
    with everything() as session:
        settings = session.get_one(AppSettings, 1)
        settings.manage_catalogs = True
        settings.assignable_groups = [session.get_one(Group, cast.support)]
    with app.app_context():
        olga = load_actor(cast.olga)
    assert olga is not None
    assert olga.is_enabled("manage_catalogs")
    assert olga.settings["assignable_group_ids"] == (cast.support,)
