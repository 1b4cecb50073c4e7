"""People of another company: no id and no argument leads to their names."""

from collections.abc import Callable

from sqlalchemy import delete

from crm.companies.models import user_company
from crm.core.datamodel import DataModel
from crm.leads import services
from crm.leads.models import Lead
from tests.fixtures import Acting, Cast, Client

As = Callable[[str], Client]


def test_a_picker_offers_nobody_of_a_company_that_is_not_ones_own(as_user: As, cast: Cast) -> None:
    answer = as_user("olga").get(f"/leads/pick/owner?company={cast.france}")
    assert [one["text"] for one in answer.get_json()["results"]] == ["Alice Arnaud"]  # of both


def test_a_filter_names_nobody_of_another_company(as_user: As, cast: Cast) -> None:
    answer = as_user("olga").get(f"/leads/list/?_flt_0_owner={cast.claire}")
    assert "Claire" not in answer.text
    assert "Claire" in as_user("hugo").get(f"/leads/list/?_flt_0_owner={cast.claire}").text


def test_an_address_proposes_nobody_of_another_company(as_user: As, cast: Cast) -> None:
    assert as_user("olga").get(f"/leads/add?owner={cast.claire}").status_code == 404


def test_a_refused_form_names_nobody_of_another_company(as_user: As, cast: Cast) -> None:
    typed = {"last_name": "Ruiz", "owner": str(cast.claire)}
    answer = as_user("olga").post("/leads/add", data=typed)
    assert answer.status_code == 422
    assert "Claire" not in answer.text


def test_an_owner_who_left_the_company_stays_until_another_is_chosen(
    as_user: As, acting: Acting, cast: Cast
) -> None:
    with acting("hugo"):
        lead = DataModel(Lead, services.RULES).create({"last_name": "Petit"}).id
    with acting("alice") as session:
        session.execute(delete(user_company).where(user_company.c.user_id == cast.hugo))
    marc = as_user("marc")
    typed = {"last_name": "Grand", "owner": str(cast.hugo), "row_version": "1"}
    typed |= {"status": "1", "received_on": "2026-01-15"}
    answer = marc.post(f"/leads/edit/{lead}", data=typed)
    assert answer.status_code == 303, answer.text
    with acting("marc") as session:
        assert session.get_one(Lead, lead).owner_id == cast.hugo
