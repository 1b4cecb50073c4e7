"""/events: meetings, calls, tasks and other events. Source: spec 9."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.calendar import display, fields, quick, services, while_typing
from crm.calendar.answer_views import AnswerPages
from crm.calendar.busy_list import EventList, busy_lines
from crm.calendar.forms import CancelEvent, EventForm, MarkDone, names_for
from crm.calendar.guest_views import GuestPages
from crm.calendar.importing.views import EventImport
from crm.calendar.models import Event, EventStatus, EventType, Visibility
from crm.calendar.next_steps import NextSteps
from crm.calendar.queries import next_of
from crm.calendar.series_views import SeriesPages
from crm.core.actor import per_request
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import ME, NOW
from crm.core.datamodel.rules import Values
from crm.core.forms import Form
from crm.core.models import Label
from crm.core.models.text import parse_number
from crm.core.security.redirects import current_path
from crm.core.views import PK, Action, Field, FieldGroup, FormPage, Panel, Preset, RecordPage
from crm.core.views.address import ListAddress
from crm.core.views.pages import ListPage
from crm.core.views.prefill import Prefill

PLANNED = ("status", 0, ["planned"])
SOONEST, LATEST = ("starts_at", "asc"), ("starts_at", "desc")


class EventView(SeriesPages, AnswerPages, GuestPages, NextSteps, EventImport):
    """Events, planned and past."""

    datamodel = DataModel(Event, services.RULES)
    route_base = "/events"
    class_permission_name = "events"
    taken = _l("Event assigned to you")
    setting_columns: ClassVar[Mapping[str, str]] = {"agency": "manage_agencies"}
    method_actions: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("mark_done", "cancel", "reopen", "take_charge"), "edit"),
        **dict.fromkeys(("opportunity", "move", "undo_move"), "edit"),
        **dict.fromkeys(("guests", "preview", "while_typing", "repeat", "ics"), "read"),
        "answer": "read",
        "delete_series": "delete",
        **dict.fromkeys(("import_file", "import_confirm"), "create"),
    }
    children: ClassVar[Mapping[str, Sequence[str]]] = {
        "participants": fields.GUEST,
        "reminders": fields.REMINDER,
    }
    record_relations = tuple(f"participants.{name}" for name in ("user", "contact", "lead"))
    readonly_in_place = ("type", "starts_at", "ends_at", "all_day")
    tab_of = ("lead", "account", "contact", "opportunity", "quote")
    tab_position = 20
    tab_parts = (
        Preset("upcoming", _l("Upcoming"), [("ends_at", 0, [NOW])], order=SOONEST),
        Preset("past", _l("Past"), [("ends_at", 1, [NOW])], order=LATEST),
    )
    tab_empty_titles: ClassVar[Mapping[str, Label]] = {
        "upcoming": _l("Nothing planned"), "past": _l("No past events"),
    }  # fmt: skip
    icon = "calendar-event"
    entity_name = _l("Event")
    list_title = _l("Events")
    add_title = _l("Create an event")
    edit_title = _l("Edit the event")
    empty_title = _l("No events yet")
    empty_text = _l("Meetings, calls, tasks and other events, with the people they concern.")

    presets = (
        Preset("mine", _l("My events"), [("owner", 0, [ME]), PLANNED], order=SOONEST),
        Preset("today", _l("Today"), [("starts_at", 5, ["today", "today"])], order=SOONEST),
        Preset("overdue", _l("Overdue"), [PLANNED, ("ends_at", 1, [NOW])], order=SOONEST),
        Preset("meetings", _l("Meetings"), [("type", 0, ["meeting"])]),
        Preset("calls", _l("Calls"), [("type", 0, ["call"])]),
        Preset("tasks", _l("Tasks"), [("type", 0, ["task"])]),
        Preset("all", _l("All events"), []),
    )
    opens_on = "mine"
    list_columns, order_columns, search_columns = fields.LIST, fields.ORDER, fields.SEARCH
    filter_labels, unlisted_filters = fields.FILTER_LABELS, fields.UNLISTED
    column_css = fields.COLUMN_CSS
    line_sign = "starts_at"
    annotated_columns = ("starts_at", "status", "type")
    state_column = "status"
    base_order = ("starts_at", "desc")
    headline = ("type", "status", "owner")
    widths = fields.WIDTHS
    add_fieldsets = edit_fieldsets = fields.FORM
    show_fieldsets, side_fieldsets = fields.RECORD, fields.SIDE

    def moving_words(self, count: int, merged: type[Any]) -> str:
        return ngettext("%(num)s event moves to it.", "%(num)s events move to it.", count)

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def field_of(self, row: Event, name: str) -> Field:
        found = super().field_of(row, name)
        display.arrange(row, found)
        return found

    def list_field(self, row: Event, name: str) -> Field:
        found = super().list_field(row, name)
        if name == "starts_at":
            display.mark_start(row, found)
        if name == "type":
            display.mark_private(row, found)
        return found

    def groups(self, row: Event, sets: Any) -> list[FieldGroup]:
        groups = super().groups(row, sets)
        absent = [*fields.APART[row.type], *(["starts_at"] if row.type == EventType.TASK else [])]
        for group in groups:
            group.fields = [field for field in group.fields if field.name not in absent]
            for field in group.fields:
                if field.name in ("starts_at", "due_on"):
                    display.warn_late(row, field)
            if [field.name for field in group.fields] == ["reminders"]:
                edit = self.url("edit", pk=row.id) if self.may_edit(row) else ""
                display.put_reminders(row, group, edit)
        return [group for group in groups if group.fields or group.action]

    def record_page(self, row: Event) -> RecordPage:
        page = super().record_page(row)
        if row.visibility == Visibility.PRIVATE:
            page.headline.append(display.private_sign())
        return page

    list_template = "calendar/event_list.html"
    list_class = EventList

    def list_page(self, address: ListAddress, **said: Any) -> ListPage:
        page = super().list_page(address, **said)
        if isinstance(page, EventList) and said.get("about") is None:
            page.busy = busy_lines(self, address)
        return page

    # The form ───────────────────────────────────────────────────────────────────────────────────

    def add_names(self) -> list[str]:
        names = names_for(quick.asked_type(), super().add_names())
        return quick.short_names(names, self._relation()) if quick.is_short() else names

    def edit_names(self, row: Event) -> list[str]:
        return names_for(row.type, super().edit_names(row))

    def form(self, names: list[str], row: Event | None = None) -> EventForm:
        is_short = row is None and quick.is_short()
        return self._form_of(row.type if row is not None else quick.asked_type(), names, is_short)

    def _form_of(self, type_: str, names: list[str], is_short: bool = False) -> EventForm:
        return EventForm(
            self.datamodel,
            names,
            picker=self.picker_base(),
            widths=self.widths,
            children=self.children,
            type_=type_,
            is_short=is_short,
        )

    def _relation(self) -> str:
        """The relation to the record from which the form was opened; "" from elsewhere."""
        return next((name for name in self.tab_of if request.args.get(name)), "")

    def _parent(self) -> Any:
        """The record from which the form was opened."""
        relation = self._relation()
        pk = parse_number(request.args.get(relation, "")) if relation else None
        if pk is None:
            return None
        return per_request(
            ("event for", relation, pk), lambda: self.datamodel.get_related_obj(relation, pk)
        )

    def prefill(self, form: Form) -> Prefill:
        found = super().prefill(form)
        if quick.is_short():
            found.values["type"] = quick.asked_type()
            quick.arrange(form, found.values)
        return found

    def open_form(self, form: Form, values: Values) -> None:
        super().open_form(form, values)
        if quick.is_shown_again():
            earlier = self._form_of(request.args.get("type", ""), list(quick.DATED))
            quick.carry_over(form, earlier, self.datamodel.defaults(values))
        elif quick.is_short() and "ends_at" in form.fields:
            form.fields["ends_at"].texts = [""]

    def form_page(self, form: Form, title: str, action: str, cancel: str, key: str) -> FormPage:
        parent = self._parent() if key == "add" else None
        shown = quick.calendar_address() if key == "add" else ""
        cancel = (parent and self.page_of(parent)) or shown or cancel
        page = super().form_page(form, title, action, cancel, key)
        asked = {"id": form.row.id} if form.row is not None else {"type": quick.asked_type()}
        last = [name for name in while_typing.TIMES if name in form.fields][-1]
        form.fields[last].live_url = self.url("while_typing", **asked)
        if parent is not None:
            quick.propose(form, self._relation(), parent)
            quick.fill_page(page, form, f"{self._relation()}-{parent.id}", parent)
        elif shown or (key == "add" and quick.is_short()):
            quick.fill_page(page, form, "calendar", None)
        return page

    @expose("/while_typing", methods=("POST",))
    @has_access
    def while_typing(self) -> ResponseReturnValue:
        """HTML about the unsaved form: who is busy then, and when all are free next."""
        pk = parse_number(request.args.get("id", ""))
        event = self.row(pk, "edit") if pk is not None else None
        said = while_typing.hints_for(
            self.form(list(while_typing.NAMES), event), request.form, event
        )
        return render_template("calendar/while_typing.html", told=said)

    def added(self, row: Event, message: str) -> ResponseReturnValue:
        """Back to the record or the calendar from which the form was opened."""
        parent = self._parent()
        url = self.page_of(parent) if parent is not None else quick.calendar_address()
        if not url:
            return super().added(row, message)
        told: Any = {"text": message, "url": self.page_of(row), "url_label": _("Show")}
        if parent is None and self.may("delete", row):
            told["undo_url"] = self.act_url("delete", row)
        flash(told, "success")
        return redirect(url, 303)

    def list_left(self) -> str:
        """From the calendar back to it, as it was."""
        came_from = current_path()
        is_calendar = came_from.partition("?")[0] == url_for("CalendarView.show")
        return came_from if is_calendar else super().list_left()

    # On the records that events relate to ───────────────────────────────────────────────────────

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        if not self.can("create"):
            return []
        return [
            display.create_action(
                lambda type_: self.url("add", **{relation: parent.id}, type=type_, short=1)
            )
        ]

    def as_tab(self, parent: Any, relation: str, path: str, tab: str) -> ListPage:
        page = super().as_tab(parent, relation, path, tab)
        if page.add_url:
            page.add_url += f"&{quick.SHORT}=1"
            page.add_opens_dialog = True
        return page

    def panel_on(self, parent: Any, relation: str) -> Panel | None:
        event = self.datamodel.session.scalars(next_of(relation, parent)).first()
        if event is None:
            return None
        done = self.url("mark_done", pk=event.id) if self.may("edit", event) else ""
        return display.next_panel(event, self.page_of(event), done)

    # Verbs ──────────────────────────────────────────────────────────────────────────────────────

    def record_actions(self, row: Event) -> list[Action]:
        if not self.may_edit(row):
            return [self.taking_charge(row)] if row.owner_id is None and self.can("edit") else []
        if row.status != EventStatus.PLANNED:
            return [Action(_("Reopen"), self.act_url("reopen", row), "restore", "post")]
        return [
            self._cancelling(row),
            Action(_("Mark as done"), self.url("mark_done", pk=row.id), "check", primary=True),
        ]

    def _cancelling(self, row: Event) -> Action:
        """At once, or with a dialog where there are guests to be told."""
        if row.participants:
            url = self.url("cancel", pk=row.id)
            return Action(_("Cancel the event"), url, "ban", opens_dialog=True)
        return Action(_("Cancel the event"), self.act_url("cancel", row), "ban", "post")

    def row_actions(self, row: Event) -> list[Action]:
        actions = super().row_actions(row)
        if actions and row.status == EventStatus.PLANNED:
            done = Action(_("Mark as done"), self.url("mark_done", pk=row.id), "check")
            return [done, *actions]
        return actions

    @expose(f"/mark_done/{PK}", methods=("GET", "POST"))
    @has_access
    def mark_done(self, pk: int) -> ResponseReturnValue:
        event = self.row(pk, "edit")
        dialog = MarkDone(self.datamodel, event)

        def mark_done() -> None:
            services.mark_done(event, dialog.values["outcome"] or "")

        refusal = services.closing_refusal(event)
        return self.perform_with_dialog(event, dialog, mark_done, undo="reopen", refusal=refusal)

    @expose(f"/cancel/{PK}", methods=("GET", "POST"))
    @has_access
    def cancel(self, pk: int) -> ResponseReturnValue:
        event = self.row(pk, "edit")
        dialog = CancelEvent(self.datamodel, event)

        def cancel() -> None:
            services.cancel(event, dialog.note, tells=dialog.tells)

        refusal = services.closing_refusal(event)
        return self.perform_with_dialog(event, dialog, cancel, undo="reopen", refusal=refusal)

    @expose(f"/reopen/{PK}", methods=("POST",))
    @has_access
    def reopen(self, pk: int) -> ResponseReturnValue:
        event = self.row(pk, "edit")
        return self.perform(event, lambda: services.reopen(event), _("Event reopened"))
