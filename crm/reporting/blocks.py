"""The blocks of the home page: filtered extracts of lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.calendar.display import ICONS
from crm.calendar.models import Event, EventStatus, EventType
from crm.companies.days import today
from crm.core.actor import Scope, current_actor
from crm.core.datamodel.filters import ME
from crm.core.models import Label
from crm.core.models.text import format_day, format_phone
from crm.core.views import Field, Preset
from crm.core.views.display import display_next
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import UNANSWERED, Quote
from crm.quotes.services.approval import may_approve
from crm.quotes.views.quote import TO_APPROVE

Filters = Sequence[tuple[str, int, Sequence[str]]]  # field, operator, values

SOON = ("today", "+7")  # days, as the filters of lists say them
PARTIES = ("contact", "account", "lead", "opportunity")


@dataclass
class HomeLine:
    """One row of a block: time, title, parties, status."""

    label: str
    url: str
    lead: Field | None = None
    icon: str = ""
    sub: str = ""
    right: Field | None = None
    phone: Field | None = None


@dataclass(frozen=True)
class Block:
    """A block; `filters` returns the filters of the list that it links to."""

    key: str
    title: Label
    model: type[Any]
    filters: Callable[[], Filters]
    order: tuple[str, str]
    line: Callable[[Any, Any], HomeLine]
    empty: Label  # what it says of nothing; without, it is not shown then
    relations: Sequence[str] = field(default=())

    def preset(self) -> Preset:
        return Preset(self.key, self.title, self.filters())


def event_line(view: Any, event: Event) -> HomeLine:
    """An event, with the people it is for; a call with the number to dial."""
    parties = [str(row) for name in PARTIES if (row := getattr(event, name)) is not None]
    line = HomeLine(event.subject, view.url("show", pk=event.id), _when(event), ICONS[event.type])
    line.sub = ", ".join(dict.fromkeys(parties[:2]))
    if event.status == EventStatus.DONE:
        line.right = view.field_of(event, "status")
        return line
    if event.type == EventType.CALL:
        line.phone = _phone(event)
    if line.phone is None and event.location:
        line.right = Field("location", "", "text", text=event.location)
    return line


def _when(event: Event) -> Field:
    shown = display_next(Field("starts_at", "", "next"), event.starts_at)
    if event.status == EventStatus.DONE:
        shown.tone, shown.icon = "", "calendar-event"
    if event.all_day and shown.tone != "late":
        day = event.first_day
        shown.text = _("Today") if day == today() else format_day(day)
    return shown


def _phone(event: Event) -> Field | None:
    """The phone number of the contact or lead, unless they refuse calls."""
    whom = event.contact or event.lead or event.account
    if whom is None or getattr(whom, "do_not_call", False):
        return None
    number = getattr(whom, "mobile", None) or getattr(whom, "phone", None)
    if not number:
        return None
    return Field("phone", "", "phone", number, format_phone(number), url=f"tel:{number}")


def lead_line(view: Any, lead: Lead) -> HomeLine:
    """A lead, with its next action and its status."""
    return HomeLine(
        lead.display_name,
        view.url("show", pk=lead.id),
        view.field_of(lead, "next_event_at"),
        right=view.field_of(lead, "status"),
    )


def opportunity_line(view: Any, opportunity: Opportunity) -> HomeLine:
    """An opportunity, with its expected day, its account and its amount."""
    account = opportunity.account
    return HomeLine(
        opportunity.name,
        view.url("show", pk=opportunity.id),
        _expected(view, opportunity),
        sub=str(account) if account is not None else "",
        right=view.field_of(opportunity, "amount"),
    )


def quote_line(view: Any, quote: Quote) -> HomeLine:
    """A quote, with the day on which it expires, its account and its total."""
    account = quote.account
    return HomeLine(
        str(quote),
        view.url("show", pk=quote.id),
        view.field_of(quote, "valid_until"),
        sub=str(account) if account is not None else "",
        right=view.field_of(quote, "total_excl"),
    )


def approval_line(view: Any, quote: Quote) -> HomeLine:
    """A quote, with its largest discount, its account, its salesperson and its total."""
    line = quote_line(view, quote)
    percent = view.field_of(quote, "largest_discount").text
    text = _("%(percent)s discount", percent=percent)
    line.lead = Field("largest_discount", "", "next", text=text, tone="none", icon="alert-triangle")
    whose = (str(one) for one in (quote.account, quote.owner) if one is not None)
    line.sub = ", ".join(one for one in whose if one != line.label)
    return line


def _expected(view: Any, opportunity: Opportunity) -> Field:
    """The day a sale is expected, or since when it is overdue."""
    shown: Field = view.field_of(opportunity, "expected_close_on")
    days = (today() - opportunity.expected_close_on).days if opportunity.expected_close_on else 0
    if days <= 0:
        return shown
    text = ngettext("%(num)s day overdue", "%(num)s days overdue", days)
    return Field(shown.name, shown.label, "next", text=text, tone="late", title=shown.text)


def _today() -> Filters:
    return [("status", 0, ["planned", "done"]), ("starts_at", 5, ["today", "today"])]


def _my_day() -> Filters:
    """Today, with the reader as the person assigned or a guest; what is done stays there."""
    return [("concerns_me", 0, ["1"]), *_today()]


def _next_events() -> Filters:
    """Planned from tomorrow on for a week."""
    next_ = ("starts_at", 5, ["+1", "+7"])
    return [("concerns_me", 0, ["1"]), ("status", 0, ["planned"]), next_]


def _calls() -> Filters:
    return [*_mine("status", "planned"), ("type", 0, [EventType.CALL.value])]


def _unanswered() -> Filters:
    """Open, mine, and no event with them has begun yet: nobody has called, met or written.

    A planned event is no answer: until its time comes the lead still waits. Cancelled and private
    events are none either (spec 9.1, `last_event_at`).
    """
    return [*_mine("status.kind", "open"), ("last_event_at", 3, [])]


def _overdue_tasks() -> Filters:
    until = ("starts_at", 1, [_yesterday()])
    return [*_mine("status", "planned"), ("type", 0, [EventType.TASK.value]), until]


def _overdue_sales() -> Filters:
    return [("stage.kind", 0, ["open"]), ("expected_close_on", 1, [_yesterday()])]


def _my_overdue_sales() -> Filters:
    return [("owner", 0, [ME]), *_overdue_sales()]


def _idle_sales() -> Filters:
    return [*_mine("stage.kind", "open"), ("next_event_at", 3, [])]


def _my_expiring_quotes() -> Filters:
    return [("owner", 0, [ME]), *expiring_quotes()]


def expiring_quotes() -> Filters:
    """Waiting for an answer, and valid for a week at most."""
    return [("status", 0, UNANSWERED), ("valid_until", 5, SOON)]


def _to_approve() -> Filters:
    """Those that wait for an approval that the actor may give; they may read those of others."""
    actor, entity = current_actor(), Quote.__entity__
    if actor.widest_scope("edit", entity) >= actor.widest_scope("read", entity):
        return TO_APPROVE.filters
    return [*TO_APPROVE.filters, ("company", 0, [str(pk) for pk in actor.company_ids])]


def _yesterday() -> str:
    return str(today() - timedelta(days=1))


def _mine(name: str, value: str) -> Filters:
    return [("owner", 0, [ME]), (name, 0, [value])]


def is_wide(model: type[Any]) -> bool:
    """Whether the actor looks after the records of others: of an agency, a company or all."""
    return current_actor().widest_scope("read", model.__entity__) >= Scope.AGENCY


MINE: Sequence[Block] = (
    Block(
        "tasks", _l("Overdue tasks"), Event, _overdue_tasks, ("starts_at", "asc"), event_line,
        "", PARTIES,
    ),
    Block(
        "day", _l("Today"), Event, _my_day, ("starts_at", "asc"), event_line,
        _l("Nothing planned today"), PARTIES,
    ),
    Block(
        "events", _l("My next events"), Event, _next_events, ("starts_at", "asc"), event_line, "",
        PARTIES,
    ),
    Block(
        "calls", _l("Calls to make"), Event, _calls, ("starts_at", "asc"), event_line, "", PARTIES,
    ),
    Block(
        "unanswered", _l("Leads without answer"), Lead, _unanswered, ("received_on", "asc"),
        lead_line, "", ("status", "owner"),
    ),
    Block(
        "overdue", _l("My overdue opportunities"), Opportunity, _my_overdue_sales,
        ("expected_close_on", "asc"), opportunity_line, "", ("account", "stage", "owner"),
    ),
    Block(
        "idle", _l("Opportunities without next step"), Opportunity, _idle_sales,
        ("expected_close_on", "asc"), opportunity_line, "", ("account", "stage", "owner"),
    ),
    Block(
        "expiring", _l("Quotes expiring within a week"), Quote, _my_expiring_quotes,
        ("valid_until", "asc"), quote_line, "", ("account",),
    ),
    Block(
        "leads", _l("My open leads"), Lead, lambda: _mine("status.kind", "open"),
        ("received_on", "desc"), lead_line, _l("You have no open leads"), ("status", "owner"),
    ),
    Block(
        "opportunities", _l("My open opportunities"), Opportunity,
        lambda: _mine("stage.kind", "open"), ("expected_close_on", "asc"), opportunity_line,
        _l("You have no open opportunities"), ("account", "stage", "owner"),
    ),
)  # fmt: skip
# For who may approve the discounts of others.
APPROVALS: Sequence[Block] = (
    Block(
        "approvals", _l("Quotes to approve"), Quote, _to_approve, ("issued_on", "asc"),
        approval_line, "", ("account", "owner"),
    ),
)  # fmt: skip
# For managers, assistants and administrators, who own little themselves.
EVERYBODYS: Sequence[Block] = (
    Block(
        "today", _l("Today, for everyone"), Event, _today, ("starts_at", "asc"), event_line,
        _l("Nothing planned today"), PARTIES,
    ),
    Block(
        "unassigned", _l("Unassigned leads"), Lead,
        lambda: [("owner", 2, []), ("status.kind", 0, ["open"])],
        ("received_on", "asc"), lead_line, _l("No unassigned leads"), ("status", "owner"),
    ),
    Block(
        "late", _l("Overdue opportunities"), Opportunity, _overdue_sales,
        ("expected_close_on", "asc"), opportunity_line, _l("No overdue opportunities"),
        ("account", "stage", "owner"),
    ),
    Block(
        "new", _l("Latest leads"), Lead, lambda: [("status.kind", 0, ["open"])],
        ("received_on", "desc"), lead_line, _l("No open leads"), ("status", "owner"),
    ),
)  # fmt: skip


def blocks() -> list[Block]:
    """What waits for the actor's decision and their own work, for who looks after others' theirs.

    Of one's own nothing is said where there is none, for these.
    """
    wide = [block for block in EVERYBODYS if is_wide(block.model)]
    mine = [replace(block, empty="" if wide else block.empty) for block in MINE]
    decided = APPROVALS if may_approve() and current_actor().company_ids else ()
    return [*decided, *mine, *wide]
