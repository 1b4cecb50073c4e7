"""When a user or a group was changed last, which the engine does not keep up."""

from datetime import timedelta

import pytest
from flask_appbuilder.security.sqla.models import Group, User

from crm.companies.people import users
from crm.core.datamodel.saving import update_row
from crm.core.types import utcnow
from tests.fixtures import PASSWORD, Acting, Cast, Client


def changed(acting: Acting, model: type, pk: int) -> bool:
    """Whether it was within the last minute."""
    with acting("alice") as session:
        moment = session.get_one(model, pk).changed_on
    assert moment.tzinfo is not None
    return bool(utcnow() - moment < timedelta(minutes=1))


@pytest.fixture
def long_ago(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        for model in (User, Group):
            session.query(model).update({"changed_on": utcnow() - timedelta(days=1)})


@pytest.mark.both
@pytest.mark.usefixtures("long_ago")
def test_a_change_of_a_person_or_of_their_groups_is_told(acting: Acting, cast: Cast) -> None:
    assert not changed(acting, User, cast.claire)
    with acting("alice") as session:
        users.update(session.get_one(User, cast.claire), {"job_title": "Sales"})
    assert changed(acting, User, cast.claire)
    assert not changed(acting, User, cast.hugo)
    assert not changed(acting, Group, cast.support)
    with acting("alice") as session:
        support = session.get_one(Group, cast.support)
        people = [*support.users, session.get_one(User, cast.hugo)]
        update_row(support, {"users": people})
    assert changed(acting, Group, cast.support)
    assert changed(acting, User, cast.hugo), "he is in another group now"
    assert not changed(acting, User, cast.marc)


@pytest.mark.usefixtures("long_ago")
def test_a_sign_in_is_no_change(client: Client, acting: Acting, cast: Cast) -> None:
    body = {"username": "claire", "password": PASSWORD, "provider": "db"}
    assert client.post("/api/v1/security/login", json=body).status_code == 200
    assert not changed(acting, User, cast.claire)
