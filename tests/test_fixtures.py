"""The fixtures that all tests rely on."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask_appbuilder.security.sqla.models import Group
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.core.actor import find_actor
from crm.leads import services
from crm.leads.models import Lead
from tests.fixtures import Acting, Cast, Client

pytestmark = pytest.mark.both


@pytest.mark.parametrize("time", [1, 2])
def test_what_one_test_commits_the_next_does_not_find(
    time: int, acting: Acting, everything: Callable[[], AbstractContextManager[Session]]
) -> None:
    with everything() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0
    with acting("claire"):
        services.create(services.defaults({"last_name": f"Durand {time}"}))
    with everything() as session:
        assert session.scalars(select(Lead.last_name)).all() == [f"Durand {time}"]


def test_a_request_does_not_know_who_acts_around_it(
    acting: Acting, client: Client, as_user: Callable[[str], Client]
) -> None:
    with acting("alice") as session:
        session.rollback()
        assert client.get("/leads/list/").status_code == 302, "to the login"
        assert as_user("nadia").get("/leads/list/").status_code == 403
        assert find_actor() is not None


def test_claire_and_hugo_are_a_team(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        actor = find_actor()
        assert actor is not None
        assert actor.team_ids == (cast.sales,)
        assert session.get(Group, cast.support) is not None


def test_statements_are_counted(
    counting: Callable[[], AbstractContextManager[list[str]]], acting: Acting
) -> None:
    with acting("claire") as session, counting() as statements:
        session.scalar(select(func.count()).select_from(Lead))
    assert len(statements) == 1


def test_the_network_is_refused() -> None:
    with socket.socket() as out, pytest.raises(ConnectionRefusedError):
        out.connect(("192.0.2.1", 80))
