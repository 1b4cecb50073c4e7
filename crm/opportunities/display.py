"""Display of an opportunity: stages, figures, the client's notes."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from crm.accounts.views.display import kind_icon, notes_changed
from crm.core.actor import current_actor
from crm.core.models.rich_text import shown
from crm.core.models.text import format_day, format_instant, format_money, format_percent
from crm.core.types import utcnow
from crm.core.views import Field, Panel
from crm.core.views.display import display_field, person, zone
from crm.opportunities.models import Opportunity, Stage, StageKind, StageTime

Step = tuple[str, str, str, str | None]


def sign(headline: Iterable[Field]) -> None:
    """Add icons to the records of the headline, and a label to the date."""
    for field in headline:
        if field.name == "account":
            field.icon = kind_icon(field.value)
        elif field.name == "contact":
            field.icon = "address-book"
        elif field.name == "expected_close_on":
            field.text = f"{field.label} {field.text}"


def steps(
    opportunity: Opportunity, stages: Iterable[Stage], move: Callable[[Stage], str] | None
) -> list[Step]:
    """(label, probability, "past", "current" or "next", URL to post to) of each open stage."""
    here, shown = opportunity.stage, list(stages)
    if here.kind == StageKind.OPEN and here not in shown:  # no longer in use, but here it is
        shown = sorted([*shown, here], key=lambda stage: (stage.position, stage.id))
    found = []
    for stage in shown:
        if stage.id == here.id:
            state = "current"
        else:
            before = (stage.position, stage.id) < (here.position, here.id)
            state = "past" if before else "next"
        url = move(stage) if move is not None and state != "current" else None
        found.append((str(stage.name), format_percent(stage.probability), state, url))
    return found


def figures(opportunity: Opportunity) -> list[Field]:
    """The figures of the sale."""
    names = ["amount", "weighted_amount"]
    if current_actor().is_enabled("manage_recurring"):
        names = ["amount", "recurring_total", "total_amount", "weighted_amount"]
    found = [display_field(opportunity, name) for name in names]
    found.insert(-1, _probability(opportunity))
    return [*found, _since(opportunity)]


def _probability(opportunity: Opportunity) -> Field:
    shown = display_field(opportunity, "probability")
    if opportunity.probability == opportunity.stage.probability:
        shown.meta = _("proposed by the stage")
    return shown


def _since(opportunity: Opportunity) -> Field:
    text = _days(utcnow() - opportunity.stage_since)
    day = opportunity.stage_since.astimezone(ZoneInfo(zone())).date()
    return Field("stage_since", _("In stage since"), "text", None, text, meta=format_day(day))


def stays_panel(stays: Iterable[StageTime]) -> Panel | None:
    """How long it was in each stage, in their order; None while it has been in one only."""
    spent: dict[Stage, timedelta] = {}
    for stay in stays:
        passed = (stay.left_at or utcnow()) - stay.entered_at
        spent[stay.stage] = spent.get(stay.stage, timedelta()) + passed
    if len(spent) < 2:
        return None
    ordered = sorted(spent, key=lambda stage: (stage.position, stage.id))
    figures = [
        Field("stage", str(stage.name), "text", spent[stage], _days(spent[stage]))
        for stage in ordered
    ]
    return Panel(_("Time in each stage"), figures=figures)


def _days(passed: timedelta) -> str:
    return str(ngettext("%(num)s day", "%(num)s days", passed.days))


def is_usual(opportunity: Opportunity, name: str) -> bool:
    """Whether a field has what every opportunity has, and says nothing about this one."""
    if name == "recurring_period":
        return opportunity.recurring_amount is None
    return name == "currency" and opportunity.currency == opportunity.company.currency


def client_description(opportunity: Opportunity, url: str) -> Panel | None:
    """The panel of the account's current notes. Source: spec 2.3."""
    account = opportunity.account
    if account is None:
        return None
    meta = notes_changed(account) if account.notes else ""
    open_it = _("Open the Information tab")
    return _read(_("Client description"), account.notes, _("No notes yet"), url, open_it, meta)


def lead_description(opportunity: Opportunity, url: str) -> Panel | None:
    """The panel of the description of the lead that it came from. Source: spec 2.3."""
    lead = opportunity.lead
    if lead is None:
        return None
    title, empty, open_it = _("Lead description"), _("No description"), _("Open the lead")
    return _read(title, lead.description, empty, url, open_it, _converted(lead))


def _read(title: str, text: str | None, empty: str, url: str, open_it: str, meta: str) -> Panel:
    """A panel of another record's text, with the link to it where the reader may open it."""
    html = shown(text) if text else ""
    return Panel(
        title=title, html=html, empty=empty, url=url, url_label=open_it if url else "", meta=meta
    )


def _converted(lead: Any) -> str:
    """Who converted the lead, and when."""
    if lead.converted_on is None or lead.converted_by is None:
        return ""
    when, who = format_instant(lead.converted_on, zone()), person(lead.converted_by).text
    return str(_("Converted by %(who)s on %(when)s.", who=who, when=when))


def sums(found: Iterable[Any], url: Callable[[str, str], str | None]) -> list[Field]:
    """The amounts in progress and won, by currency, from rows (currency, kind, sum).

    Each links to `url(kind, currency)`, the list of what it sums.
    """
    words = {StageKind.OPEN: _("In progress"), StageKind.WON: pgettext("account", "Won")}
    return [
        Field(
            kind,
            words[kind],
            "money",
            total,
            format_money(total, currency),
            url=url(kind, currency),
        )
        for currency, kind, total in found
        if total is not None
    ]
