"""What is posted is not believed: versions, page tokens, fields that the form did not have."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from crm.companies.models import Agency, AppSettings
from crm.core.datamodel import DataModel
from crm.leads import services as leads
from crm.leads.models import Lead
from tests.companies.filled import posted
from tests.fixtures import Acting, Cast, Client

As = Callable[[str], Client]
HUGE = "1" * 5000  # more digits than int() takes


@pytest.fixture
def lead(acting: Acting) -> int:
    with acting("claire"):
        return int(DataModel(Lead, leads.RULES).create({"last_name": "Petit"}).id)


@pytest.mark.parametrize("version", ["", HUGE, "x", "-1", "²"])
@pytest.mark.parametrize("page", ["edit/{}", "field/{}/last_name"])
def test_nothing_is_saved_without_the_version_that_was_read(
    as_user: As, acting: Acting, lead: int, page: str, version: str
) -> None:
    typed = {"last_name": "Grand", "row_version": version}
    assert as_user("claire").post(f"/leads/{page.format(lead)}", data=typed).status_code == 400
    with acting("claire") as session:
        assert session.get_one(Lead, lead).last_name == "Petit"


def test_a_number_without_end_is_no_error_of_ours(as_user: As) -> None:
    alice = as_user("alice")
    profile = {**posted(alice.get("/profile/").text), "row_version": HUGE}
    assert alice.post("/profile/", data=profile).status_code == 400
    assert alice.get(f"/leads/list/?filter=owner&op={HUGE}&value=1").status_code == 302
    lines = {"last_name": "Petit", "links-count": HUGE}
    assert alice.post("/contacts/add", data=lines).status_code in (303, 422)


def token(values: Any) -> str:
    text = values if isinstance(values, str) else json.dumps(values)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.both
@pytest.mark.parametrize(
    ("order", "value"),
    [
        ("created_on", ["t", "2026-01-01T00:00:00"]),
        ("created_on", ["t", "0001-01-01T00:00:00+14:00"]),
        ("amount", ["n", "NaN"]),
        ("amount", ["n", "1e400000"]),
        ("amount", ["n", "1e30"]),
        ("name", "\ud800"),
        ("name", "a\x00b"),
        ("probability", 2**70),
        ("name", "[" * 5000),  # as many as an address takes
    ],
)
def test_a_forged_page_token_is_refused(as_user: As, order: str, value: Any) -> None:
    alice = as_user("alice")
    for values in ([value, 5], [False, value, 5]):
        forged = token(value if str(value).startswith("[[") else values)
        for way in ("after", "before"):
            address = f"/opportunities/list/?_oc_OpportunityView={order}&{way}={forged}"
            assert alice.get(address).status_code in (200, 400)


def test_a_form_from_before_a_feature_was_on_clears_nothing(
    as_user: As, acting: Acting, cast: Cast, lead: int
) -> None:
    """The agency was hidden when the form was opened; an empty one would else be saved."""
    with acting("alice") as session:
        session.get_one(Lead, lead).agency = session.get_one(Agency, cast.lyon)
    claire = as_user("claire")
    typed = posted(claire.get(f"/leads/edit/{lead}").text)
    assert "agency" not in typed
    with acting("alice") as session:
        session.get_one(AppSettings, 1).manage_agencies = True
    typed["last_name"] = "Grand"
    assert claire.post(f"/leads/edit/{lead}", data=typed).status_code == 303
    with acting("claire") as session:
        found = session.get_one(Lead, lead)
        assert (found.last_name, found.agency_id) == ("Grand", cast.lyon)
