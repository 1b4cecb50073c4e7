"""The demo's sales of one account: opportunities, with their events and quotes, over a year."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from crm.calendar.models import EventStatus
from crm.demo import offers, words
from crm.demo.story import Story
from crm.opportunities import services as opportunities
from crm.opportunities.models import Stage, StageKind

LENGTH = 60  # days from the first call to the decision
Basket = Sequence[tuple[Any, int]]  # product, quantity


def make(story: Story, account: Any, contact: Any, *, is_client: bool) -> None:
    """A client has bought in the past year; a prospect has not decided yet, or against us."""
    needs = story.luck.sample(words.NEEDS[story.language], story.luck.randint(1, 3))
    for number, need in enumerate(needs):
        is_won = is_client and number == 0
        if number == len(needs) - 1 and not (is_won and story.chance(0.5)):
            _current(story, account, contact, need)
        else:
            _past(story, account, contact, need, is_won=is_won or (is_client and story.chance(0.5)))


def _past(story: Story, account: Any, contact: Any, need: Any, *, is_won: bool) -> None:
    """A sale that was decided some time in the past year."""
    closed = story.luck.randint(4, 350)
    opened = closed + story.luck.randint(LENGTH // 2, LENGTH)
    deal, basket = _deal(story, account, contact, need, opened, closed)
    steps = words.STEPS[story.language]
    for number, step in enumerate(steps):
        event(story, step, -opened + number * (opened - closed) // len(steps), opportunity=deal)
    quote = _quote(story, deal, basket, opened - (opened - closed) * 2 // 3)
    if is_won:
        offers.accepted(story, quote, closed)
        opportunities.win(deal, closed_on=story.day(closed))
    else:
        reason = story.lost_reason()
        offers.refused(story, quote, closed, str(reason))
        opportunities.lose(deal, lost_reason=reason, closed_on=story.day(closed))


def _current(story: Story, account: Any, contact: Any, need: Any) -> None:
    """A sale that is under way: the steps so far, and mostly the next one."""
    opened = story.luck.randint(3, LENGTH)
    steps = words.STEPS[story.language]
    done = min(len(steps) - 1, opened * len(steps) // LENGTH)
    close = story.luck.randint(-8, 45)
    deal, basket = _deal(story, account, contact, need, opened, -close, done)
    for number in range(done):
        event(story, steps[number], -opened + number * opened // (done + 1), opportunity=deal)
    if story.chance(0.8):
        event(story, steps[done], story.luck.choice([0, 0, 1, 1, 2, 3, 6, 9]), opportunity=deal)
    if done > 1:
        offers.under_way(story, _quote(story, deal, basket, opened // 3), opened // 3)


def _deal(
    story: Story, account: Any, contact: Any, need: Any, opened: int, close: int, done: int = 3
) -> tuple[Any, Basket]:
    name, description, wanted = need
    basket = [(story.products[code], story.luck.randint(*few)) for code, *few in wanted]
    stages = [one for one in story.rows(Stage) if one.kind == StageKind.OPEN]
    values: dict[str, Any] = {
        "name": name,
        "account": account,
        "contact": contact,
        "amount": sum((_price(p) * n for p, n in basket if p.recurring_period is None), Decimal(0)),
        "stage": stages[min(done, len(stages) - 1)],
        "expected_close_on": story.day(close),
        "source": account.source,
        "score": story.luck.choice([None, 2, 3, 4]),
        "description": description,
        "next_step": words.STEPS[story.language][done][1],
    }
    for product, months in basket:
        if product.recurring_period is not None:
            values |= {
                "recurring_amount": _price(product),
                "recurring_period": 1,
                "recurring_duration": months,
                "recurring_start_on": story.day(close - 30),
            }
    return story.create("opportunities", opened, **values), basket


def _price(product: Any) -> Decimal:
    """In the currency of its company, the only one that it is sold in."""
    return Decimal(product.prices[0].price)


def _quote(story: Story, deal: Any, basket: Basket, ago: int) -> Any:
    """An offer of what is wanted; a large one with a discount."""
    discount = Decimal(5) if deal.amount > 15_000 else None
    lines = [
        {"product": product, "quantity": Decimal(number), "discount_percent": discount}
        for product, number in basket
    ]
    return story.create(
        "quotes", ago, opportunity=deal, account=deal.account, issued_on=story.day(ago), lines=lines
    )


def event(story: Story, step: tuple[str, str, str | None], days: int, **related: Any) -> None:
    """A step of a sale or of a first contact; done with its outcome where it is past."""
    kind, subject, outcome = step
    starts_at = story.at(days)
    is_done = days < -1 or (starts_at < story.now and story.chance(0.7))
    story.create(
        "events",
        max(0, 2 - days),
        type=kind,
        subject=subject,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30 if kind == "call" else 60),
        status=EventStatus.DONE if is_done else EventStatus.PLANNED,
        outcome=outcome if is_done else None,
        **related,
    )
