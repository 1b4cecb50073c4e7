"""The table of all pages, in order, from which routes, menu and REST API are made."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.accounts.api import AccountApi, ContactApi
from crm.accounts.views import ClientView, ContactView, ProspectView
from crm.accounts.vocabularies import VIEWS as ACCOUNTS
from crm.calendar.api import EventApi
from crm.calendar.feeds.views import FeedFileView, FeedView
from crm.calendar.page.view import CalendarView
from crm.calendar.views import EventView
from crm.calendar.vocabularies import VIEWS as CALENDAR
from crm.catalog.api import CatalogApi
from crm.catalog.views import CatalogView
from crm.catalog.vocabularies import VIEWS as CATALOG
from crm.companies.api import AgencyApi, CompanyApi, GroupApi, UserApi, reference_api
from crm.companies.views.companies import AgencyView, CompanyView
from crm.companies.views.groups import GroupView
from crm.companies.views.password import PasswordView
from crm.companies.views.pictures import PictureView
from crm.companies.views.preferences import PreferencesView
from crm.companies.views.profile import ProfileView
from crm.companies.views.reference_index import ReferenceIndexView
from crm.companies.views.roles import RoleView
from crm.companies.views.settings_company import CompanySettingsView
from crm.companies.views.settings_crm import AppSettingsView, AppsView
from crm.companies.views.setup import SetupView
from crm.companies.views.users import UserView
from crm.core.datamodel import DataModel
from crm.core.links.views import PublicLinkView
from crm.core.views.nav import MenuEntry
from crm.core.views.saved import SavedFilterView
from crm.leads.api import LeadApi
from crm.leads.views import LeadView
from crm.leads.vocabularies import VIEWS as LEADS
from crm.mail.api import OutboxApi
from crm.mail.templates.api import TemplateApi
from crm.mail.templates.views import TemplateView
from crm.notices.views import NoticeView
from crm.opportunities.api import OpportunityApi
from crm.opportunities.views import OpportunityView
from crm.opportunities.vocabularies import VIEWS as OPPORTUNITIES
from crm.quotes.api import QuoteApi
from crm.quotes.products import ProductApi, ProductView
from crm.quotes.views import QuoteView
from crm.quotes.vocabularies import VIEWS as QUOTES
from crm.reporting.arranging_views import HomeLayoutView
from crm.reporting.boards.targets_page import TargetsView
from crm.reporting.boards.views import ReportingView
from crm.reporting.own.pin_views import ReportPinView
from crm.reporting.own.views import OwnReportView
from crm.reporting.schedules.views import ScheduleView
from crm.sending.catalog_views import SentCatalogView
from crm.sending.views import MessageView

APPS, MESSAGES, ADMINISTRATION = _l("Apps management"), _l("Message"), _l("Administration")

# The sidebar.
CUSTOMERS = {"group": _l("Customer follow-up"), "group_icon": "building-skyscraper"}
MAIN: Sequence[MenuEntry] = (
    MenuEntry(LeadView, LeadApi, mine="mine", in_bar=True),
    MenuEntry(ProspectView),
    MenuEntry(ClientView, AccountApi, **CUSTOMERS),
    MenuEntry(ContactView, ContactApi, **CUSTOMERS),
    MenuEntry(OpportunityView, OpportunityApi, mine="mine", in_bar=True),
    MenuEntry(QuoteView, QuoteApi),
    MenuEntry(EventView, EventApi),
    MenuEntry(CalendarView, in_bar=True),
    MenuEntry(CatalogView, CatalogApi),
    MenuEntry(ReportingView, is_created=False),
)

# The sidebar of "Application config".
CONFIG: Sequence[MenuEntry] = (
    MenuEntry(AppSettingsView, group=APPS, label=_l("CRM, configure")),
    MenuEntry(TemplateView, TemplateApi, group=MESSAGES),
    MenuEntry(MessageView, OutboxApi, group=MESSAGES),
    MenuEntry(CompanyView, CompanyApi, group=ADMINISTRATION),
    MenuEntry(AgencyView, AgencyApi, group=ADMINISTRATION),
    MenuEntry(UserView, UserApi, group=ADMINISTRATION),
    MenuEntry(GroupView, GroupApi, group=ADMINISTRATION),
    MenuEntry(RoleView, group=ADMINISTRATION),
    MenuEntry(ProductView, ProductApi, group=ADMINISTRATION),
    MenuEntry(ReferenceIndexView, group=ADMINISTRATION),
)

# Pages of the user themselves, in no menu.
OWN: Sequence[type[Any]] = (
    PasswordView, PictureView, PreferencesView, ProfileView, NoticeView, FeedView,
    SavedFilterView,
    HomeLayoutView,
)  # fmt: skip

# Pages of people without an account, and what their programs read.
PUBLIC: Sequence[type[Any]] = (PublicLinkView, FeedFileView)

# Reference data, in the order of their page.
VOCABULARIES: Sequence[type[Any]] = (
    *LEADS, *OPPORTUNITIES, *ACCOUNTS, *CALENDAR, *CATALOG, *QUOTES,
)  # fmt: skip

# Pages without a menu entry, under that of another page (their `menu_endpoint`).
WITHIN: Sequence[type[Any]] = (
    AppsView, CompanySettingsView, SetupView, SentCatalogView, TargetsView, OwnReportView,
    ReportPinView,
    ScheduleView,
    *VOCABULARIES,
)  # fmt: skip


def register(appbuilder: Any) -> None:
    """Register all views and APIs."""
    for entry in (*MAIN, *CONFIG):
        appbuilder.add_view_no_menu(entry.view)
        if entry.api is not None:
            appbuilder.add_api(entry.api)
    for page in (*OWN, *PUBLIC, *WITHIN):
        appbuilder.add_view_no_menu(page)
    for vocabulary in VOCABULARIES:
        appbuilder.add_api(reference_api(vocabulary))


def view_of(resource: str) -> Any:
    """The view of a resource (`leads`, `accounts`, `users`, …). Raises LookupError."""
    for entry in (*MAIN, *CONFIG):
        names = (entry.view.route_base.strip("/"), getattr(entry.api, "resource_name", None))
        if resource in names and hasattr(entry.view, "datamodel"):
            return entry.view
    raise LookupError(resource)


def datamodel_of(resource: str) -> DataModel:
    """The DataModel of a resource. Raises LookupError."""
    found: DataModel = view_of(resource).datamodel
    return found


def datamodel_for(model: type[Any]) -> DataModel | None:
    """The DataModel of a table's page; None where the table has none."""
    pages = (*(entry.view for entry in (*MAIN, *CONFIG)), *WITHIN)
    found = (getattr(page, "datamodel", None) for page in pages)
    return next((one for one in found if one is not None and one.obj is model), None)
