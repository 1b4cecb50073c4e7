"""What one does after an event: a follow-up, a copy, or an opportunity. Source: spec 9.3."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.calendar import services
from crm.calendar.models import RELATED, Event, EventStatus
from crm.companies.views.owned import OwnedView
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.models.text import parse_number
from crm.core.views import PK, Action, FieldGroup, FormPage
from crm.core.views.prefill import Prefill
from crm.opportunities import services as opportunity_services
from crm.opportunities.models import Opportunity

COPY, FOLLOW_UP = "copy", "follow_up"  # in the query string: the event that the form starts from
WEEK = timedelta(days=7)
COPIED = (
    "type", "subject", "all_day", "time_zone", *RELATED, "location", "video_url", "category",
    "description", "company", "owner", "agency", "priority", "call_direction", "visibility",
    "availability",
)  # fmt: skip
# What a follow-up takes over: who it is with and where, and not what was to be talked of.
FOLLOWED = tuple(name for name in COPIED if name not in ("description", "priority"))
DEAL = ("name", "account", "contact", "amount", "expected_close_on", "owner")


class NextSteps(OwnedView):
    """The pages of what follows an event."""

    opportunities = DataModel(Opportunity, opportunity_services.RULES)

    def prefill(self, form: Form) -> Prefill:
        found = super().prefill(form)
        found.values = {**self._earlier(), **found.values}
        return found

    def _earlier(self) -> dict[str, Any]:
        """The values that the form takes from another event; 404 where it is out of reach."""
        asked = next((name for name in (FOLLOW_UP, COPY) if request.args.get(name)), "")
        if not asked:
            return {}
        event = self.row(parse_number(request.args[asked]) or 0)
        days = WEEK if asked == FOLLOW_UP else timedelta()
        return services.values_again(event, FOLLOWED if days else COPIED, days)

    def record_menu(self, row: Event, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if editable and row.status == EventStatus.PLANNED:
            url = f"{self.url('edit', pk=row.id)}#f-starts_at"
            menu.insert(0, Action(_("Reschedule"), url, "calendar-event"))
        if not self.can("create"):
            return menu
        asked = {"type": row.type}
        follow_up = self.url("add", **{FOLLOW_UP: row.id}, **asked)
        copy = self.url("add", **{COPY: row.id}, **asked)
        return [
            Action(_("Create a follow-up"), follow_up, "calendar-plus"),
            *self._deal_actions(row, editable),
            Action(_("Duplicate"), copy, "copy"),
            *menu,
        ]

    def _deal_actions(self, row: Event, editable: bool) -> Sequence[Action]:
        if not editable or services.opportunity_refusal(row) or not _may_create():
            return []
        url = self.url("opportunity", pk=row.id)
        return [Action(_("Create an opportunity"), url, "trending-up", opens_dialog=True)]

    @expose(f"/opportunity/{PK}", methods=("GET", "POST"))
    @has_access
    def opportunity(self, pk: int) -> ResponseReturnValue:
        """An opportunity of the event's client, linked with the event."""
        event = self.row(pk, "edit")
        if not _may_create():
            abort(403)
        if refusal := services.opportunity_refusal(event):
            flash(refusal, "danger")
            return redirect(self.page_of(event) or self.url("list"), 303)
        form = Form(self.opportunities, list(DEAL), picker="/opportunities/pick")
        if request.method == "GET":
            form.fill(self.opportunities.defaults(services.opportunity_values(event)))
            return self._deal_page(event, form)
        form.read(request.form)
        made: list[Opportunity] = []

        def create() -> None:
            values = {"company": event.company, **form.known_values()}
            made.append(self.opportunities.create(values))
            services.link_opportunity(event, made[0])

        if not self.committed(form, create):
            return self._deal_page(event, form, form.status)
        flash(_("%(name)s created", name=made[0]), "success")
        return redirect(self.page_of(made[0]) or self.url("list"), 303)

    def _deal_page(self, event: Event, form: Form, status: int = 200) -> ResponseReturnValue:
        form.load_choices()
        url = self.page_of(event) or self.url("list")
        page = FormPage(
            title=_("Create an opportunity"),
            action=request.path,
            crumbs=[(self.words("list_title"), self.url("list")), (str(event), url)],
            groups=[FieldGroup("", list(form.fields.values()))],
            cancel_url=url,
            submit_label=_("Create"),
            draft_key="",
            errors=form.summary,
            form_errors=form.form_errors,
            has_required=any(field.spec.required for field in form.fields.values()),
            intro=_("It is linked with this event."),
        )
        return self.render(self.edit_template, status, page=page, form=form, row=event)


def _may_create() -> bool:
    return current_actor().can("create", Opportunity.__entity__)
