"""The table of what changes hands with a user or an agency, in the order in which it is shown."""

from flask_babel import ngettext
from sqlalchemy import ColumnElement, select

from crm.accounts.models import AccountContact, Contact
from crm.calendar.models import Event, EventStatus
from crm.companies.handover import AGENCY, Conditions, Holding
from crm.leads.models import Lead, LeadStatus, LeadStatusKind
from crm.navigation import datamodel_of
from crm.opportunities.models import Opportunity, Stage, StageKind
from crm.quotes.models import Quote, QuoteStatus


def _open_leads() -> Conditions:
    kinds = select(LeadStatus.id).where(LeadStatus.kind == LeadStatusKind.OPEN)
    return [Lead.status_id.in_(kinds)]


def _open_opportunities() -> Conditions:
    kinds = select(Stage.id).where(Stage.kind == StageKind.OPEN)
    return [Opportunity.stage_id.in_(kinds)]


def _draft_quotes() -> Conditions:
    return [Quote.status == QuoteStatus.DRAFT]


def _planned_events() -> Conditions:
    return [Event.status == EventStatus.PLANNED]


def _contacts_of(account_id: int) -> ColumnElement[bool]:
    mine = select(AccountContact.contact_id).where(AccountContact.account_id == account_id)
    return Contact.id.in_(mine)


def table() -> list[Holding]:
    """Closed records keep their owner and agency, so that past figures do not change."""
    return [
        Holding(
            "leads",
            lambda n: ngettext("%(num)s open lead", "%(num)s open leads", n),
            datamodel_of("leads"),
            _open_leads,
        ),
        Holding(
            "accounts",
            lambda n: ngettext("%(num)s prospect or client", "%(num)s prospects and clients", n),
            datamodel_of("accounts"),
        ),
        Holding(
            "contacts",
            lambda n: ngettext("%(num)s contact", "%(num)s contacts", n),
            datamodel_of("contacts"),
            links=(AGENCY,),
            of_account=_contacts_of,
        ),
        Holding(
            "opportunities",
            lambda n: ngettext("%(num)s open opportunity", "%(num)s open opportunities", n),
            datamodel_of("opportunities"),
            _open_opportunities,
            of_account=lambda pk: Opportunity.account_id == pk,
        ),
        Holding(
            "quotes",
            lambda n: ngettext("%(num)s draft quote", "%(num)s draft quotes", n),
            datamodel_of("quotes"),
            _draft_quotes,
            links=(AGENCY,),
            of_account=lambda pk: Quote.account_id == pk,
        ),
        Holding(
            "events",
            lambda n: ngettext("%(num)s planned event", "%(num)s planned events", n),
            datamodel_of("events"),
            _planned_events,
            of_account=lambda pk: Event.account_id == pk,
        ),
    ]
