"""Declarations: copied from the pages, and refused at start-up where they would leak or fail."""

from typing import Any, ClassVar

import pytest

from crm.accounts.models import Account
from crm.companies.models import User
from crm.core.api import ModelRestApi, columns_of
from crm.core.datamodel import DataModel
from crm.core.models.kinds import BY_NAME, Kind
from crm.leads.models import Lead
from crm.leads.views import LeadView
from tests.core.api.world import LeadResource, QuoteResource


def test_an_api_is_declared_by_its_view() -> None:
    class Leads(ModelRestApi):
        view = LeadView
        edit_columns: ClassVar[Any] = ["score"]

    api = Leads()
    assert api.resource_name == "leads"
    assert api.class_permission_name == "leads"
    assert api.datamodel is LeadView.datamodel
    assert api.list_columns == [*LeadView.list_columns, "external_ref", "changed_on"]
    assert api.show_columns[:3] == ["civility", "first_name", "last_name"]
    assert set(api.list_columns) <= set(api.show_columns)
    assert api.setting_columns == {"agency": "manage_agencies"}
    assert api.edit_columns == ["score"]  # what the class says itself wins
    assert "description" in api.add_columns


def test_files_are_no_columns() -> None:
    class Page:
        datamodel = LeadView.datamodel
        list_columns: ClassVar[Any] = ["person"]
        show_columns = add_columns = edit_columns = order_columns = search_columns = None
        route_base = "/leads"

    assert columns_of(Page)["order_columns"][0] == "person"
    assert columns_of(Page)["add_columns"] == []


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (User, {"list_columns": ["password"]}),
        (User, {"show_columns": ["first_name", "session_epoch"]}),
        (User, {"search_columns": ["password"]}),
        (Lead, {"show_columns": ["owner.password"]}),
        (Lead, {"list_columns": ["nope"]}),
        (Lead, {"list_columns": ["owner_id"]}),
        (Lead, {"add_columns": ["name_key"]}),
        (Lead, {"search_columns": ["nope"]}),
        (Lead, {"search_columns": ["owner.password"]}),
        (Lead, {"search_columns": ["nope.name"]}),
        (Lead, {"order_columns": ["tags"]}),
        (Lead, {"order_columns": ["nope"]}),
        (Lead, {"editors_only": ["score"], "search_columns": ["score"]}),
        (Account, {"show_columns": ["addresses"]}),
        (Account, {"children": {"addresses": ["nope"]}}),
    ],
    ids=str,
)
def test_a_column_that_would_leak_or_fail_is_refused_at_start(
    model: type[Any], wrong: dict[str, Any]
) -> None:
    """Stock takes every column where a list is missing, and dumps whole rows of relations."""
    api = type("Wrong", (ModelRestApi,), {"datamodel": DataModel(model), **wrong})
    with pytest.raises(RuntimeError, match=r"^Wrong\."):
        api()


def test_no_request_state_is_kept_on_an_api() -> None:
    """Stock fills one filter object, and one schema, for all threads."""
    api = LeadResource()
    assert api._filters is None
    assert api.list_model_schema is None
    assert QuoteResource().search_columns is not api.search_columns


WORDS = {
    "contains": {"contains"}, "sw": {"begins with"}, "eq": {"is"}, "empty": {"is empty"},
    "filled": {"is filled"}, "gte": {"at least", "from"}, "lte": {"at most", "until"},
    "between": {"between"}, "in": {"is one of"}, "not_in": {"is none of"},
    "last_days": {"in the last … days"}, "next_days": {"in the next … days"},
}  # fmt: skip


@pytest.mark.parametrize("kind", BY_NAME.values(), ids=str)
def test_every_operator_has_its_name(kind: Kind) -> None:
    for operator in kind.operators:
        assert str(operator.label) in WORDS[operator.key]
