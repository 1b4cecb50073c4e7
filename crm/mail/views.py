"""/outbox: the messages, whether they left, and why not. Source: spec 13.2."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import abort, current_app, flash, redirect
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from sqlalchemy import ColumnElement

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.paging import COUNT_CAP
from crm.core.db import batches, db, let_others_write, transaction
from crm.core.files.serving import answer
from crm.core.models.text import format_size
from crm.core.rows import by_grid
from crm.core.views import PK, Action, Field, ModelView, Note, Preset, RecordPage
from crm.core.views.address import ListAddress
from crm.core.views.pages import ListPage
from crm.mail import display, services
from crm.mail.display import MessagePage
from crm.mail.models import RELATED, Message, MessageState
from crm.mail.models.words import STATES

ANY = 0  # "is one of"
AT_ONCE = 1000  # failed messages that one click queues again
PIECE = 100  # of them in one transaction


class OutboxView(ModelView):
    """The messages that are written by what causes them; a person cancels them or sends again."""

    datamodel = DataModel(Message, services.RULES)
    route_base = "/outbox"
    class_permission_name = "messages"
    exclude_route_methods = ModelView.exclude_route_methods | {
        "add", "edit", "field", "delete", "bin", "restore",
    }  # fmt: skip
    method_actions: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("cancel", "send_again", "retry_failed"), "edit"
    ) | {"file": "read", "send_test": "create"}
    icon = "send"
    entity_name = _l("Message")
    list_title = _l("Outbox")
    empty_title = _l("No messages yet")
    empty_text = _l("Every e-mail that Comptoir sends is listed here, with its result.")

    presets = (
        Preset("all", lazy_pgettext("messages", "All"), []),
        Preset("queued", lazy_pgettext("messages", "Queued"), [("state", ANY, ["queued"])]),
        Preset("sent", lazy_pgettext("messages", "Sent"), [("state", ANY, ["sent"])]),
        Preset("failed", lazy_pgettext("messages", "Failed"), [("state", ANY, ["failed"])]),
        Preset("skipped", lazy_pgettext("messages", "Skipped"), [("state", ANY, ["skipped"])]),
        Preset(
            "cancelled", lazy_pgettext("messages", "Cancelled"), [("state", ANY, ["cancelled"])]
        ),
    )
    list_columns = [
        "subject", "to_name", "state", "why", "kind", "record", "created_on", "owner", "company",
    ]  # fmt: skip
    list_relations = (*RELATED, "changed_by")
    annotated_columns = ("to_name", "state", "why", "record")
    state_column = "state"
    column_css: ClassVar[Mapping[str, str]] = {"state": "w-state", "to_name": "w-who"}
    order_columns = ["created_on"]
    base_order = ("created_on", "desc")
    search_columns = ["state", "kind", "owner", "owner.groups", "company", "created_on"]
    headline = ("state", "kind", "owner", "created_on")
    record_class = MessagePage
    record_relations: Sequence[str] = (*RELATED, "changed_by", "attempts", "attachments.file")
    show_template = "mail/message.html"
    show_fieldsets: ClassVar[Any] = []
    side_fieldsets: ClassVar[Any] = [
        (_l("Details"), {"fields": ["company", "to_address", "tries", "sent_at", "message_id"]}),
    ]

    def moving_words(self, count: int, merged: type[Any]) -> str:
        return ngettext("%(num)s e-mail moves to it.", "%(num)s e-mails move to it.", count)

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def base_conditions(self) -> list[ColumnElement[bool]]:
        """The rows of one's scope; others are found on the records that they are about."""
        return [*super().base_conditions(), by_grid(Message, "read", current_actor())]

    def field_of(self, row: Message, name: str) -> Field:
        if name == "record":
            return display.as_sign(display.record(row, self.page_of))
        found = super().field_of(row, name)
        match name:
            case "state":
                display.sign(row, found)
            case "why":
                found.text = display.why(row)
            case "to_name":
                found.text = row.to_name or row.to_address or ""
        return found

    def line_note(self, row: Message, text: str) -> str:
        """On a phone the sign of the status has its word beside it."""
        return " · ".join((str(STATES[row.state]), text))

    def list_page(self, address: ListAddress, **said: Any) -> ListPage:
        page = super().list_page(address, **said)
        if current_app.extensions["crm.config"].mail is None:
            text = _("No mail server is set: e-mails wait here until MAIL_URL names one.")
            page.notes.insert(0, Note("warn", text))
        if self.can("create"):
            url = self.url("send_test")
            page.actions.append(Action(_("Send me a test"), url, "mail-forward", "post"))
        if self.can("edit"):
            url = self.url("retry_failed")
            page.menu.append(Action(_("Send all failed ones again"), url, "refresh", "post"))
        return page

    def first_tab(self) -> str:
        return _("E-mail")

    def fill_first_tab(self, page: RecordPage, row: Message) -> None:
        super().fill_first_tab(page, row)
        if isinstance(page, MessagePage):
            display.fill(page, row, self.page_of)
            given = row.attachments if display.is_open(row) else []
            page.files = [
                (
                    str(one),
                    self.url("file", pk=row.id, position=position),
                    format_size(one.file.size),
                )
                for position, one in enumerate(given)
            ]

    def notice(self, row: Message) -> Note | None:
        return display.note(row) or super().notice(row)

    @expose(f"/file/{PK}/<int(max=999):position>")
    @has_access
    def file(self, pk: int, position: int) -> ResponseReturnValue:
        """An attachment, as a download."""
        row = self.row(pk, names=["attachments.file"])
        found = row.attachments if display.is_open(row) else []
        return answer(found[position].file) if position < len(found) else abort(404)

    # Verbs ──────────────────────────────────────────────────────────────────────────────────────

    def record_actions(self, row: Message) -> list[Action]:
        return self._verbs(row) if self.may("edit", row) else []

    def row_actions(self, row: Message) -> list[Action]:
        return self._verbs(row) if self.may("edit", row) else []

    def _verbs(self, row: Message) -> list[Action]:
        """What can be done in the state of a message."""
        offered = (
            ("cancel", MessageState.CANCELLED, _("Cancel"), "ban"),
            ("send_again", MessageState.QUEUED, _("Send again"), "refresh"),
        )
        return [
            Action(words, self.act_url(verb, row), icon, "post", primary=verb == "send_again")
            for verb, to, words, icon in offered
            if not services.refusal(row, to)
        ]

    @expose(f"/cancel/{PK}", methods=("POST",))
    @has_access
    def cancel(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        return self.perform(row, lambda: services.cancel(row), _("E-mail cancelled"), "send_again")

    @expose(f"/send_again/{PK}", methods=("POST",))
    @has_access
    def send_again(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        return self.perform(row, lambda: services.send_again(row), _("E-mail queued again"))

    @expose("/retry_failed", methods=("POST",))
    @has_access
    def retry_failed(self) -> ResponseReturnValue:
        """Queue the failed messages of the companies that the list shows, AT_ONCE at most."""
        where = self.base_conditions()
        ids = services.failed_ids(*where, most=AT_ONCE)
        db.session.rollback()
        done = services.Retried()
        for batch in batches(ids, PIECE):
            with transaction():
                done += services.retry(batch)
            let_others_write()
        left = services.failed_ids(*where, most=COUNT_CAP + 1)
        for text in display.retried(done, len(left)):
            flash(text, "success")
        return redirect(self.url("list"), 303)

    @expose("/send_test", methods=("POST",))
    @has_access
    def send_test(self) -> ResponseReturnValue:
        """A mail to the actor, by the way that every mail takes."""
        with transaction():
            message = services.queue_test()
        return self.to_record(message, _("E-mail queued"))
