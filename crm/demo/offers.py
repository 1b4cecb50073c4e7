"""What becomes of the demo's quotes: some of every status."""

from datetime import UTC, datetime, time
from typing import Any

from crm.demo.story import Story
from crm.quotes.services import moves, versions
from crm.quotes.services.finalising import finalise


def accepted(story: Story, quote: Any, ago: int) -> None:
    """Finalised, sent and accepted so many days ago."""
    _offered(story, quote, ago + 2)
    moves.accept(quote, accepted_on=story.day(ago), accepted_by=_customer(quote))


def refused(story: Story, quote: Any, ago: int, reason: str) -> None:
    """Not bought: refused, or not answered in time, or cancelled."""
    _offered(story, quote, ago + 2)
    if story.chance(0.6):
        moves.refuse(quote, refusal_reason=reason)
        quote.refused_on = story.day(ago)
    elif moves.is_overdue(quote):
        moves.expire(quote)
    else:
        moves.cancel(quote, cancellation_reason=reason)
        quote.cancelled_on = story.day(ago)


def under_way(story: Story, quote: Any, ago: int) -> None:
    """A draft, or what waits for an answer; some a second time."""
    if story.chance(0.3):
        return
    finalise(quote)
    quote.finalised_at = _instant(story, ago)
    if story.chance(0.7):
        moves.mark_sent(quote)
        quote.sent_at = _instant(story, ago)
        if story.chance(0.2):
            story.made.append((versions.new_version(quote), story.day(ago // 2)))


def _offered(story: Story, quote: Any, ago: int) -> None:
    finalise(quote)
    moves.mark_sent(quote)
    quote.finalised_at = quote.sent_at = _instant(story, ago)


def _customer(quote: Any) -> str:
    return str(quote.contact or quote.account)


def _instant(story: Story, ago: int) -> datetime:
    return datetime.combine(story.day(ago), time(10, 24), UTC)
