"""/leads/convert/<id>: the page, what it says while one types, and the conversion itself."""

from dataclasses import dataclass, field

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.accounts.models import Account
from crm.companies.views.owned import OwnedView
from crm.core.actor import current_actor
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.views import PK, Action
from crm.core.views.versions import ConcurrentEdit, posted_version
from crm.duplicates.finding import Match, facts_of, likely
from crm.duplicates.words import Tag, tags_of
from crm.leads import services
from crm.leads.conversion.blocks import LINK
from crm.leads.conversion.form import ConversionForm
from crm.leads.conversion.inputs import account_choices, contact_choices, load_choices
from crm.leads.conversion.outlook import Outlook, outlook_of
from crm.leads.models import Lead, LeadStatusKind

# The scores from which an account is shown beside a lead, a similar name being enough, and from
# which the page opens with it chosen: the same name.
LEAST, PROPOSED = 40, 55


@dataclass
class ConversionPage:
    """What templates/leads/convert.html places."""

    action: str
    live_url: str
    cancel_url: str
    crumbs: list[tuple[str, str]]
    version: int
    account_choices: list[tuple[str, str]]
    contact_choices: list[tuple[str, str]]
    likely: list[tuple[Account, list[Tag]]] = field(default_factory=list)
    outlook: Outlook = field(default_factory=Outlook)
    concurrent_edit: ConcurrentEdit | None = None
    show_agency: bool = False


class ConversionPages(OwnedView):
    """Convert a lead, and undo it."""

    @expose(f"/convert/{PK}", methods=("GET", "POST"))
    @has_access
    def convert(self, pk: int) -> ResponseReturnValue:
        lead = self.row(pk, "edit", ["status", "owner", "source", "company"])
        if lead.is_converted:
            return self._result(lead)
        if refusal := services.conversion_refusal(lead) or self._rights_refusal():
            return self.refused(lead, refusal)
        form = ConversionForm(lead, self.datamodel, self.picker_base()).fill()
        if request.method == "GET":
            return self._asking_conversion(lead, form)
        form.read(request.form)
        form.require_contact()
        told = self.concurrent_edit(lead, posted_version(), self.compared_names())
        if told is not None:
            return self._asking_conversion(lead, form, 409, told)
        try:
            if self._converted(lead, form):
                return self._result(lead)
        except Conflict:
            lead = self.row(pk, "edit")
            if lead.is_converted:
                return self._result(lead)
            return self._asking_conversion(lead, form, 409, ConcurrentEdit())
        return self._asking_conversion(self.row(pk, "edit"), form, form.status)

    def _converted(self, lead: Lead, form: ConversionForm) -> bool:
        """Whether it is done; where not, the form says what is wrong with it."""
        version, asked = lead.row_version, form.asked()
        try:
            with transaction():
                check_version(lead, version)
                services.convert(lead, asked)
                if not form.is_read:
                    raise DomainError  # after all other refusals, so that the page has them too
        except Conflict:
            raise
        except DomainError as error:
            if form.is_read or error.status == DomainError.status:
                form.refuse(error.message, error.fields, error.status)
            return False
        return True

    def _result(self, lead: Lead) -> ResponseReturnValue:
        """What the conversion made, for who asks for it a second time too."""
        undo = self.act_url("undo_conversion", lead) if services.may_be_undone(lead) else ""
        return self.to_record(lead, _("Lead converted"), undo)

    def _rights_refusal(self) -> str:
        actor = current_actor()
        if any(actor.can(action, Account.__entity__) for action in ("create", "read")):
            return ""
        return _("You can neither create nor read accounts.")

    def _asking_conversion(
        self,
        lead: Lead,
        form: ConversionForm,
        status: int = 200,
        told: ConcurrentEdit | None = None,
    ) -> ResponseReturnValue:
        url = self.page_of(lead) or self.url("list")
        page = ConversionPage(
            action=self.url("convert", pk=lead.id),
            live_url=self.url("conversion_outlook", pk=lead.id),
            cancel_url=url,
            crumbs=[(self.words("list_title"), self.url("list")), (str(lead), url)],
            version=posted_version() if status == 422 else lead.row_version,
            account_choices=account_choices(form),
            contact_choices=contact_choices(form),
            concurrent_edit=told,
            show_agency=current_actor().is_enabled("manage_agencies"),
        )
        found = self._likely(lead) if LINK in form.account_modes else []
        page.likely = [(one.row, tags_of(one.reasons, one.against)) for one in found]
        if request.method == "GET" and found and found[0].score >= PROPOSED:
            form.propose(found[0].row)
        page.outlook = outlook_of(form)
        load_choices(form)
        return self.render("leads/convert.html", status, page=page, form=form, row=lead)

    def _likely(self, lead: Lead) -> list[Match]:
        """The accounts that the lead may be of already, likeliest first."""
        return likely(Account, facts_of(lead), least=LEAST)

    @expose(f"/conversion_outlook/{PK}", methods=("POST",))
    @has_access
    def conversion_outlook(self, pk: int) -> ResponseReturnValue:
        """HTML: what would happen by what is typed now."""
        lead = self.row(pk, "edit", ["status", "owner", "source", "company"])
        form = ConversionForm(lead, self.datamodel, self.picker_base())
        form.read(request.form)
        outlook = outlook_of(form)
        load_choices(form)
        shown = request.form.get("shown_account", "")
        return self.render(
            "leads/outlook.html",
            outlook=outlook,
            form=form,
            has_new_account=shown != str(outlook.account_id or ""),
        )

    @expose(f"/undo_conversion/{PK}", methods=("POST",))
    @has_access
    def undo_conversion(self, pk: int) -> ResponseReturnValue:
        lead = self.row(pk, "edit")
        message = _("Conversion undone")
        return self.perform(lead, lambda: services.undo_conversion(lead), message)

    # Where it is offered ────────────────────────────────────────────────────────────────────────

    def converting(self, row: Lead) -> list[Action]:
        """The button "Convert" of an open lead."""
        is_open = row.status.kind == LeadStatusKind.OPEN
        if not is_open or self._rights_refusal():
            return []
        return [Action(_("Convert"), self.url("convert", pk=row.id), "transform", key="V")]

    def undoing(self, row: Lead) -> list[Action]:
        """The button "Undo conversion", for a day."""
        if not services.may_be_undone(row):
            return []
        url = self.act_url("undo_conversion", row)
        return [Action(_("Undo conversion"), url, "arrow-back-up", "post")]
