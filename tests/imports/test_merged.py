"""The external reference of a merged record leads to the one that was kept. Source: spec 6.4."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.accounts.services import merging
from crm.core.merging import merge, plan_merge
from crm.opportunities.models import Opportunity
from tests.factories import make, table_of
from tests.fixtures import Acting
from tests.imports.conftest import Load

Everything = Callable[[], AbstractContextManager[Session]]

ACCOUNTS = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
phone = "phone"
name = "name"
"""
OPPORTUNITIES = """
[columns]
name = "name"
account = { field = "account", by = "external_ref" }
"""


@pytest.fixture
def merged(acting: Acting) -> int:
    """A3 was merged into A2, and that one into A1."""
    with acting("marc"):
        ids = [make(Account, name=ref, external_ref=ref).id for ref in ("A1", "A2", "A3")]
        for kept, loser in ((ids[1], ids[2]), (ids[0], ids[1])):
            found = table_of(Account).fetch_each([kept, loser], "edit", [])
            rows = [found[kept], found[loser]]
            merge(plan_merge(rows, rows[0], {}, merging.ACCOUNTS))
    return ids[0]


def test_a_line_with_its_key_changes_the_kept_one(
    load: Load, everything: Everything, merged: int
) -> None:
    told = load("accounts", "ref,phone,name\nA3,04 72 00 00 01,Faro\n", ACCOUNTS)
    assert "0 records created." in told
    assert "1 record updated." in told
    with everything() as session:
        kept = session.get_one(Account, merged)
        assert (kept.external_ref, kept.name, kept.phone) == ("A1", "Faro", "+33472000001")


def test_a_link_by_it_is_one_to_the_kept_one(
    load: Load, everything: Everything, merged: int
) -> None:
    assert "2 records created." in load(
        "opportunities", "name,account\nAlpha,A3\nBeta,A1\n", OPPORTUNITIES
    )
    with everything() as session:
        assert set(session.scalars(select(Opportunity.account_id))) == {merged}


def test_a_record_that_has_it_itself_comes_first(
    load: Load, everything: Everything, acting: Acting, merged: int
) -> None:
    with acting("marc"):
        other = make(Account, name="Autre", external_ref="A3").id
    load("opportunities", "name,account\nAlpha,A3\n", OPPORTUNITIES)
    with everything() as session:
        assert session.scalars(select(Opportunity.account_id)).one() == other
