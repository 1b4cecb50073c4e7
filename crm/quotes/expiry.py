"""Quotes expire the night after their last day. Source: spec 8.4."""

from datetime import timedelta

from sqlalchemy import ColumnElement, select

from crm.companies.days import today
from crm.companies.models import Company
from crm.core.db import batches, db, let_others_write, transaction
from crm.core.jobs import nightly
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.quotes.models import UNANSWERED, Quote
from crm.quotes.services import moves, states
from crm.quotes.services.states import Act

AHEAD = timedelta(days=1)  # by which a time zone may be ahead of UTC


@nightly("expire quotes", hour=2)
def expire_quotes() -> int:
    """Expire what has not been answered in time. Returns how many quotes."""
    expired = 0
    with unfiltered("a quote expires, whoever holds it"):
        for some in batches(_overdue(), 100):
            with transaction():
                expired += _expire(some)
            let_others_write()
    return expired


def _overdue() -> list[int]:
    """The quotes whose last day has passed where their company is."""
    companies = db.session.execute(select(Company.id, Company.time_zone))
    zones = {row.id: row.time_zone for row in companies}
    latest = (utcnow() + AHEAD).date()
    statement = select(Quote.id, Quote.company_id, Quote.valid_until)
    found = db.session.execute(statement.where(*_waiting(), Quote.valid_until < latest)).all()
    return [pk for pk, company, last in found if last < today(zones.get(company))]


def _expire(pks: list[int]) -> int:
    """Those that are still unanswered, now that nobody else writes them."""
    statement = select(Quote).where(Quote.id.in_(pks), *_waiting()).with_for_update(of=Quote)
    number = 0
    for quote in db.session.scalars(statement).unique():
        if not states.refusal(quote, Act.EXPIRE) and moves.is_overdue(quote):
            moves.expire(quote)
            number += 1
    return number


def _waiting() -> tuple[ColumnElement[bool], ...]:
    return Quote.status.in_(UNANSWERED), Quote.deleted_at.is_(None)
