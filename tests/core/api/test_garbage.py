"""Whatever is sent, the answer is a 2xx or a 4xx with a reason, never a 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.api.world import LEAD, LeadResource, OpportunityResource, World

ODD = [
    "2027-01-31",
    "2200-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    "1e4",
    "%",
    "\0",
    "1",
]
NUMBERS = st.integers(-3, 9) | st.floats() | st.sampled_from([2**31, 2**63, -(2**63), 10**40])
TEXTS = st.text(max_size=30) | st.sampled_from(ODD)
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


def body(*names: str) -> Any:
    """One or two fields of any kind, so that most bodies get past the other fields' rules."""
    return st.dictionaries(st.sampled_from(names), JSON, max_size=2)


LINE = body("id", "kind", "label", "quantity", "unit_price", "vat_rate", "product", "nope")
BODIES = st.fixed_dictionaries(
    {
        "leads": body(*LEAD, "row_version", "lost_reason", "nope"),
        "opportunities": body(*OpportunityResource.add_columns),
        "quotes": st.fixed_dictionaries({"lines": st.lists(LINE, max_size=3) | JSON}),
    }
)
FILTERS = st.fixed_dictionaries(
    {
        "col": st.sampled_from(LeadResource.search_columns) | TEXTS,
        "opr": st.sampled_from(["contains", "eq", "gte", "between", "in", "not_in"]) | TEXTS,
        "value": JSON,
    }
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "filters": st.lists(FILTERS, max_size=2) | JSON,
        "order_column": st.sampled_from(LeadResource.order_columns) | JSON,
        "order_direction": st.sampled_from(["asc", "desc"]) | JSON,
        "page": JSON,
        "page_size": JSON,
        "columns": JSON,
        "keys": JSON,
    },
)
LINES = {"label": "Bolt", "quantity": "1", "unit_price": "2"}
any_request = settings(
    max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def ask_everything(world: World, bodies: Any, asked: Any, text: str) -> None:
    api, pk = world.as_("alice"), 1
    lead, deal, quote = bodies["leads"], bodies["opportunities"], bodies["quotes"]
    for line in quote["lines"] if isinstance(quote["lines"], list) else ():
        if isinstance(line, dict):
            line |= {name: value for name, value in LINES.items() if name not in line}
    version = api.get(f"test/leads/{pk}")[1]["result"]["row_version"]
    meant(api.post("test/leads/", {"organization": "Dupont", **lead}))
    meant(api.put(f"test/leads/{pk}", {"row_version": version, **lead}))
    meant(api.post("test/opportunities/", {"name": "Deal", **deal}))
    meant(api.post("test/quotes/", {"account": world.ids["account"], **quote}))
    meant(api.get("test/leads/", query_string={"q": json.dumps(asked)}))
    meant(api.get("test/leads/", query_string={"q": text}))


def meant(answer: Any) -> None:
    status, said = answer
    assert 200 <= status < 500, said
    assert status < 400 or said["message"]


@pytest.mark.slow("sends garbage to every field of every resource")
def test_garbage(world: World) -> None:
    world.lead()

    @any_request
    @given(bodies=BODIES, asked=ASKED, text=st.text(max_size=40))
    def ask(bodies: Any, asked: Any, text: str) -> None:
        ask_everything(world, bodies, asked, text)

    ask()


@pytest.mark.slow("sends garbage to every field of every resource")
@pytest.mark.postgres
def test_garbage_on_postgresql(postgres_world: World) -> None:
    test_garbage(postgres_world)
