"""The same rules by the API: `reach`, this event where none is said."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.calendar.models import Event
from tests.calendar.test_series import live, series
from tests.factories import again, make
from tests.fixtures import Acting, Client, World, token_header

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]


@pytest.fixture
def call(world: World) -> Callable[..., Any]:
    """Marc's requests, by token."""
    client = world.app.test_client()

    def send(method: str, path: str, **said: Any) -> Any:
        header = token_header(world.app, world.cast.people["marc"])
        return client.open(f"/api/v1/events/{path}", method=method, headers=header, **said)

    return send


@pytest.fixture
def ten(acting: Acting) -> list[Event]:
    with acting("marc"):
        return series()


@pytest.mark.accept("A-68")
@pytest.mark.parametrize(("reach", "number"), [(None, 1), ("following", 7), ("all", 10)])
def test_a_change_goes_as_far_as_is_said(
    call: Callable[..., Any], acting: Acting, ten: list[Event], reach: str | None, number: int
) -> None:
    said = {"reach": reach} if reach else {}
    body = {"row_version": ten[3].row_version, "location": "Salle 2", **said}
    assert call("PUT", str(ten[3].id), json=body).status_code == 200
    with acting("marc"):
        assert [again(one).location for one in ten].count("Salle 2") == number


def test_a_deletion_goes_as_far_as_is_said(
    call: Callable[..., Any], acting: Acting, ten: list[Event]
) -> None:
    assert call("DELETE", f"{ten[3].id}?reach=following").status_code == 200
    with acting("marc"):
        assert len(live(ten[0])) == 3


def test_other_words_are_refused(
    call: Callable[..., Any], acting: Acting, ten: list[Event]
) -> None:
    body = {"row_version": ten[3].row_version, "location": "Ici", "reach": ["all"]}
    refused = call("PUT", str(ten[3].id), json=body)
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == ["reach"]
    assert call("DELETE", f"{ten[3].id}?reach=some").status_code == 422
    with acting("marc"):
        assert len(live(ten[0])) == 10


def test_the_rule_of_a_series_is_told_and_not_written(
    call: Callable[..., Any], acting: Acting, ten: list[Event]
) -> None:
    rule = "FREQ=WEEKLY;BYDAY=MO;WKST=MO;COUNT=10"
    with acting("marc"):
        alone = make(Event)
    told = {one.id: call("GET", str(one.id)).json["result"] for one in (ten[3], alone)}
    assert [one["recurrence"] for one in told.values()] == [rule, None]
    listed = {one["id"]: one["recurrence"] for one in call("GET", "").json["result"]}
    assert (listed[ten[3].id], listed[alone.id]) == (rule, None)
    body = {"row_version": ten[3].row_version, "recurrence": "FREQ=DAILY"}
    assert call("PUT", str(ten[3].id), json=body).status_code == 422
