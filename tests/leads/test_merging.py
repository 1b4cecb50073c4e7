"""Merging leads, on both databases. Source: spec 4.3 and 6.4."""

from typing import Any

import pytest
from sqlalchemy import update

from crm.accounts.models import LostReason
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.merging import MergeRules, default_kept, merge, plan_merge
from crm.leads.models import Lead, LeadStatus
from crm.leads.services import lose, merging
from tests.factories import make, table_of, word
from tests.fixtures import Acting

pytestmark = pytest.mark.both

RULES: MergeRules = merging.RULES


def merged(*ids: int, keep: int | None = None, **sources: list[int]) -> Lead:
    found = table_of(Lead).fetch_each(ids, "edit", [])
    kept: Lead = found[ids[0] if keep is None else keep]
    merge(plan_merge([found[pk] for pk in ids], kept, sources, RULES))
    return kept


def convert(lead: Lead) -> None:
    """Put a lead in the converted status; its conversion is tested elsewhere."""
    status = word(LeadStatus, "Converted")
    db.session.execute(update(Lead).where(Lead.id == lead.id).values(status_id=status.id))
    db.session.expire_all()


def test_the_status_comes_with_what_belongs_to_it(acting: Acting) -> None:
    with acting("alice"):
        reason = make(LostReason, name={"en": "Gone"}, for_leads=True).id
    with acting("marc") as session:
        gone = session.get_one(LostReason, reason)
        a, b = make(Lead, organization="Élan"), make(Lead, organization="Elan")
        lose(b, lost_reason=gone)
        kept = merged(a.id, b.id)
        assert (kept.lost_reason, kept.lost_on, kept.lost_comment) == (None, None, None)
        c, d = make(Lead, organization="Élan"), make(Lead, organization="Elan")
        lose(d, lost_reason=gone, lost_comment="Nobody answers")
        kept = merged(c.id, d.id, status=[d.id])
        assert kept.lost_comment == "Nobody answers"
        assert kept.lost_on is not None


def test_a_refusal_of_calls_and_mails_is_kept(acting: Acting) -> None:
    with acting("marc"):
        a, b = make(Lead).id, make(Lead, do_not_call=True, do_not_email=True).id
        kept = merged(a, b)
        assert (kept.do_not_call, kept.do_not_email) == (True, True)


def test_a_converted_lead_is_the_one_that_is_kept(acting: Acting) -> None:
    with acting("marc") as session:
        a = make(Lead, organization="Élan")
        b = make(Lead, organization="Elan", phone="04 72 00 00 01", email="a@elan.example")
        convert(a)
        records = [session.get_one(Lead, pk) for pk in (b.id, a.id)]
        assert default_kept(records, RULES).id == a.id, "though the other one is more complete"
        with pytest.raises(DomainError) as refused:
            merged(a.id, b.id, keep=b.id)
        assert list(refused.value.fields) == ["keep"]
        kept = merged(a.id, b.id)
        assert (kept.is_converted, kept.email) == (True, None), "it is read-only"


def test_two_converted_leads_are_refused(acting: Acting) -> None:
    with acting("marc"):
        rows = [make(Lead), make(Lead)]
        for row in rows:
            convert(row)
        with pytest.raises(DomainError, match="merge what they became"):
            merged(*(row.id for row in rows))


@pytest.mark.parametrize("fields", [{}, {"email": "a@elan.example"}])
def test_the_most_complete_is_kept_then_the_oldest(acting: Acting, fields: dict[str, Any]) -> None:
    with acting("marc"):
        rows = [make(Lead), make(Lead, **fields)]
        assert default_kept(rows, RULES) is rows[1 if fields else 0]
