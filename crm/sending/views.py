"""/outbox with what a person writes: the form of an e-mail, its undoing, the tab of a record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core import rows
from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.files.models import StoredFile
from crm.core.models.text import format_instant, format_size, parse_number
from crm.core.views import PK, Action, FormPage, Note
from crm.core.views.base import flash_saved, view_of
from crm.core.views.display import zone
from crm.core.views.form import SHOW
from crm.core.views.frame import stand_with
from crm.core.views.pages import ListPage
from crm.mail.models import READ_WITH, Message, MessageKind, MessageState
from crm.mail.views import OutboxView
from crm.sending import quotes, services
from crm.sending.draft import KEPT, OF_TEMPLATE, Draft
from crm.sending.form import LetterForm, token_of
from crm.sending.revoking import revoke, revoke_action, revoked_at, valid_links
from crm.sending.uploads import STORED, files_of

SHORT = "short"  # in the query string: the form opens at the side of the record
AGAIN = "again"  # in the query string: a message that was undone
SEND = "send"  # in the query string: the quote becomes sent


@dataclass
class LetterPage(FormPage):
    """The form of an e-mail."""

    recipient: str = ""
    files: list[tuple[str, int, StoredFile, str]] = field(default_factory=list)  # input, id, size
    fixed: tuple[str, str] | None = None  # name and size of the quote that is sent


class MessageView(OutboxView):
    """The messages, on the records they are about too, where they are written."""

    picked_columns = ("catalog",)
    tab_of = READ_WITH
    tab_position = 45
    tab_titles: ClassVar[Mapping[str, Any]] = dict.fromkeys(READ_WITH, _l("E-mails"))
    tab_empty_titles: ClassVar[Mapping[str, Any]] = dict.fromkeys(READ_WITH, _l("No e-mails yet"))
    tab_without: ClassVar[Mapping[str, Any]] = dict.fromkeys(READ_WITH, ("company",))
    method_actions: ClassVar[Mapping[str, str]] = {
        **OutboxView.method_actions, "compose": "create", "undo": "edit", "revoke": "edit",
    }  # fmt: skip
    record_relations = (*OutboxView.record_relations, "catalog_links")

    # A message with links ───────────────────────────────────────────────────────────────────────

    def record_actions(self, row: Message) -> list[Action]:
        offered = super().record_actions(row)
        may = bool(valid_links(row)) and self.may("edit", row)
        return [*([revoke_action(row)] if may else []), *offered]

    def notice(self, row: Message) -> Note | None:
        if found := super().notice(row):
            return found
        revoked = revoked_at(row)
        if revoked is None:
            return None
        time = format_instant(revoked, zone())
        return Note("info", _("The link to the catalogue was revoked on %(time)s.", time=time))

    @expose(f"/revoke/{PK}", methods=("POST",))
    @has_access
    def revoke(self, pk: int) -> ResponseReturnValue:
        """Let nobody open the links of a message any more."""
        row = self.row(pk, "edit", ("catalog_links",))
        return self.perform(row, lambda: revoke(row), _("Link revoked"))

    # On the records ─────────────────────────────────────────────────────────────────────────────

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        if not self.can("create"):
            return []
        if relation == "quote" and may_send(parent):  # its tab of e-mails writes others
            url = self.url("compose", quote=parent.id, **{SEND: 1})
            return [Action(_("Send"), url, "send", primary=parent.sent_at is None)]
        return [Action(_("Send an e-mail"), self._to(parent, relation), "mail", opens_dialog=True)]

    def _to(self, parent: Any, relation: str) -> str:
        return self.url("compose", **{relation: parent.id, SHORT: 1})

    def as_tab(self, parent: Any, relation: str, path: str, tab: str) -> ListPage:
        page = super().as_tab(parent, relation, path, tab)
        page.menu, page.notes = [], []
        if self.can("create"):
            page.add_url, page.add_label = self._to(parent, relation), _("Send an e-mail")
            page.add_opens_dialog = True
        return page

    # The form ───────────────────────────────────────────────────────────────────────────────────

    @expose("/compose", methods=("GET", "POST"))
    @has_access
    def compose(self) -> ResponseReturnValue:
        """The form of an e-mail about a record, and its sending."""
        draft = self._draft()
        if draft.sends and (why := quotes.refusal(draft.row)):
            flash(why, "danger")
            return redirect(draft.record_url(self.page_of), 303)
        form = LetterForm(self.datamodel, self.picker_base())
        if not current_actor().is_enabled("manage_catalogs"):
            del form.fields["catalog"]
        form.offer(draft.people, draft.templates)
        if request.method == "GET":
            draft.open(form)
            return self._asked(draft, form)
        form.files = request.files
        form.read(request.form)
        if SHOW in request.form:
            for one in form.fields.values():
                one.errors = []
        form.stored = files_of(form, request.form)
        if SHOW in request.form:
            if request.form[SHOW] == "template":
                draft.insert(form)
            return self._asked(draft, form)
        sent = None if form.fields["files"].errors else self._sent(draft, form)
        if sent is None:
            return self._asked(draft, form, form.status)
        name = sent.to_name or sent.to_address
        if sent.state == MessageState.QUEUED:
            text = _("E-mail to %(name)s leaves in 10 seconds", name=name)
            flash_saved({"text": text, "undo_url": self.url("undo", pk=sent.id)})
        else:  # by going back to a form that was sent
            flash_saved(
                _("This e-mail to %(name)s was sent before. It was not sent again.", name=name)
            )
        return redirect(draft.record_url(self.page_of), 303)

    def _draft(self) -> Draft:
        """What the address of the form names; 404 where the actor may not read it."""
        relation = next((name for name in READ_WITH if name in request.args), None)
        pk = parse_number(request.args.get(relation, "")) if relation else None
        row = self.datamodel.get_related_obj(relation, pk) if relation and pk else None
        if relation is None or row is None:
            abort(404)
        again = parse_number(request.args.get(AGAIN, ""))
        message = self.row(again, "edit", ("attachments.file",)) if again else None
        sends = SEND in request.args and relation == "quote"
        if sends and not rows.may(self.datamodel.session, "edit", row):
            abort(404)
        return Draft(relation, row, message, sends=sends)

    def _sent(self, draft: Draft, form: LetterForm) -> Message | None:
        """The message; None where something is wrong, which the form then says."""
        sent: list[Message] = []
        prepared: list[services.Letter] = []

        def prepare() -> None:
            prepared.append(draft.letter(form, request.form))

        def write() -> None:
            sent.extend(services.send(one) for one in prepared)
            if draft.sends and sent and sent[0].state == MessageState.QUEUED:
                quotes.note_sending(draft.row, sent[0])

        return sent[0] if self.committed(form, write, prepare) else None

    def _asked(self, draft: Draft, form: LetterForm, status: int = 200) -> ResponseReturnValue:
        form.load_choices()
        asked = {**request.args.to_dict()}
        is_short = SHORT in asked and request.form.get(SHOW) != "whole"
        if not is_short:
            asked.pop(SHORT, None)
        url = draft.record_url(self.page_of)
        stand_with(view_of(draft.row) or self)
        page = LetterPage(
            title=_("Send the quote") if draft.sends else _("Send an e-mail"),
            action=f"{request.path}?{urlencode(asked)}",
            crumbs=[(str(draft.row), url)],
            groups=[],
            cancel_url=url,
            submit_label=_("Send"),
            draft_key=f"outbox/compose/{draft.relation}-{draft.row.id}",
            hidden=[("token", token_of(request.form))],
            enctype="multipart/form-data",
            has_required=True,
            errors=form.summary,
            form_errors=form.form_errors,
            is_short=is_short,
            recipient=draft.told(form.fields["to"].text),
            files=list(_going(draft, form)),
        )
        if draft.sends:
            page.fixed = (draft.row.pdf.file_name, format_size(draft.row.pdf.size))
        if (refusal := draft.refusal()) and form.fields["to"].text == draft.natural_address:
            page.notes = [Note("warn", refusal)]
        return self.render("sending/compose.html", status, page=page, form=form, row=draft.row)

    @expose(f"/undo/{PK}", methods=("POST",))
    @has_access
    def undo(self, pk: int) -> ResponseReturnValue:
        """Cancel a message that is about to leave, and open its form again."""
        message = self.row(pk, "edit")
        with transaction():
            services.take_back(message)
        flash(_("E-mail not sent"), "success")
        # Not a record that was deleted meanwhile.
        relations = sorted(READ_WITH, key=lambda name: name != message.about)
        about = next((name for name in relations if getattr(message, name) is not None), None)
        if about is None:
            return redirect(self.url("show", pk=pk), 303)
        values = {about: getattr(message, f"{about}_id"), AGAIN: pk}
        if about == "quote" and message.kind == MessageKind.QUOTE:
            values[SEND] = 1
        return redirect(self.url("compose", **values), 303)


def may_send(quote: Any) -> bool:
    """Whether the quote waits to be sent, and the actor may change it."""
    return not quotes.refusal(quote) and rows.may(db.session(), "edit", quote)


def _going(draft: Draft, form: LetterForm) -> Iterator[tuple[str, int, StoredFile, str]]:
    """What goes with the e-mail unless it is taken off, by the input that names it."""
    kept = ((KEPT, one.id, one.file) for one in draft.kept(request.form))
    of_template = (
        (OF_TEMPLATE, one.id, one.file) for one in draft.from_template(form, request.form)
    )
    for name, pk, file in (*kept, *of_template, *((STORED, one.id, one) for one in form.stored)):
        yield name, pk, file, format_size(file.size)
