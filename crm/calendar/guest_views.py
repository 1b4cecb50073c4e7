"""The guests of an event on its pages: in the form, as they are looked for, and on the record."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from markupsafe import Markup

from crm.calendar import fields as fields_of
from crm.calendar import guest_form, ics, quick
from crm.calendar.display import ANSWERS
from crm.calendar.forms import EventForm
from crm.calendar.invitations import noting
from crm.calendar.invitations.meeting import is_ahead
from crm.calendar.models import Event, Participant
from crm.companies.views.owned import OwnedView
from crm.core.datamodel.rules import Values
from crm.core.forms import Form
from crm.core.models import rich_text, spec_of
from crm.core.models.text import parse_number
from crm.core.views import PK, Action, FormPage, Panel, RecordPage

NAME = "participants"
SENTENCE = "guests"  # the name of the output below the box
TELL, ASKED = "tell", "tell-asked"  # the checkbox, and that it was there


class GuestPages(OwnedView):
    """What the pages of events do with guests."""

    add_template = edit_template = "calendar/event_form.html"

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        page = super().form_page(form, title, action, cancel_url, key)
        if isinstance(form, EventForm) and NAME in form.fields:
            form.guests_url = f"{self.url('guests')}?{urlencode(form.around)}"
            form.asks_tell = form.row is not None and _are_told(form.row)
            form.tells = is_told()
            form.sentence = self._sentence(form, _values_shown(form), form.row)
            page.preview_url = self.url("preview", pk=None if key == "add" else key, type=form.type)
        return page

    def after_save(self, row: Event, form: Form) -> None:
        super().after_save(row, form)
        if not is_told():
            noting.tell_nobody(row)

    def _sentence(self, form: EventForm, values: Values, row: Event | None) -> str:
        return guest_form.sentence(
            {"type": form.type, **values}, row.participants if row is not None else ()
        )

    def fill_first_tab(self, page: RecordPage, row: Event) -> None:
        super().fill_first_tab(page, row)
        if row.participants:
            page.panels.append(guests_panel(row))

    @expose("/guests")
    @has_access
    def guests(self) -> ResponseReturnValue:
        """JSON for the box: whom a text finds, as the pickers of the form answer."""
        company_id, owner_id = (parse_number(request.args.get(n, "")) for n in ("company", "owner"))
        text = request.args.get("q", "")[:100]
        found = guest_form.found(self.datamodel, text, company_id, owner_id)
        return jsonify(results=found, more=False)

    @expose("/preview", methods=("POST",))
    @has_access
    def preview(self) -> ResponseReturnValue:
        """JSON: the sentence below the guests, for what is typed so far."""
        pk = parse_number(request.args.get("pk", ""))
        row = self.row(pk, "edit", [NAME]) if pk is not None else None
        names = ["starts_at", "ends_at", "all_day", NAME]
        form = EventForm(self.datamodel, names, type_=quick.asked_type(), children=self.children)
        form.read(request.form)
        return jsonify({SENTENCE: self._sentence(form, form.values, row) or " "})

    @expose(f"/ics/{PK}")
    @has_access
    def ics(self, pk: int) -> ResponseReturnValue:
        """The event as a file that calendars read."""
        event = self.row(pk)
        description = rich_text.to_text(event.description or "")
        written = ics.write_event(event, description=description, url=event.video_url or "")
        answer = Response(ics.write_calendar([written]), content_type=ics.CONTENT_TYPE)
        answer.headers["Content-Disposition"] = f'attachment; filename="event-{event.id}.ics"'
        return answer

    def record_menu(self, row: Event, editable: bool) -> list[Action]:
        file = Action(_("Download for my calendar"), self.url("ics", pk=row.id), "calendar-plus")
        return [file, *super().record_menu(row, editable)]


def is_told() -> bool:
    """Whether guests are told of what was posted: where that was asked, as it was answered."""
    return TELL in request.form or ASKED not in request.form


def _values_shown(form: EventForm) -> Values:
    """The moments and guests that the form shows, as far as they could be read."""
    fields = form.fields
    moments = {name: fields[name].data for name in ("starts_at", "ends_at") if name in fields}
    lines = [
        {"id": parse_number(cells["id"].text)}
        | {name: cells[name].data for name in fields_of.GUEST}
        for _guest, cells in form.guests
    ]
    return {**{n: m for n, m in moments.items() if isinstance(m, datetime)}, NAME: lines}


def _are_told(event: Event) -> bool:
    """Whether a change of the event is told to somebody."""
    return bool(event.participants) and is_ahead(event)


def guests_panel(event: Event) -> Panel:
    """The guests of an event, with their answers."""
    html = render_template(
        "calendar/guests.html",
        guests=[(guest_form.guest_of_row(one), _shown_answer(one)) for one in event.participants],
    )
    return Panel(_("Guests"), html=Markup(html))  # noqa: S704  escaped by the template


def _shown_answer(one: Participant) -> dict[str, Any]:
    """The sign, its colour, the words and the comment of an answer."""
    icon, hue = ANSWERS[one.answer]
    choices = spec_of(Participant, "answer").choices or {}
    return {"icon": icon, "hue": hue, "text": str(choices[one.answer]), "comment": one.comment}
