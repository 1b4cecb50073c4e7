"""Actions of a slice, performed at once or after a dialog that asks for their values."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue

from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict
from crm.core.forms import Dialog
from crm.core.models.text import parse_number
from crm.core.views.base import FieldGroup
from crm.core.views.bin import BinPages
from crm.core.views.conflict import stored_values
from crm.core.views.form import FormPage
from crm.core.views.versions import ConcurrentEdit, posted_version


class VerbPages(BinPages):
    """What the endpoint of an action does around the service that it calls."""

    def perform(
        self, row: Any, verb: Callable[[], None], message: str = "", undo: str = ""
    ) -> ResponseReturnValue:
        """Call `verb` in a transaction, then redirect to the record, or back to the list.

        `undo` is the method that reverts it, offered beside `message`. A DomainError becomes a
        message on the page that the button was on.
        """
        version = self.checked_version(row)
        try:
            with transaction():
                check_version(row, version)
                verb()
                undo_url = self.act_url(undo, row) if undo else ""
        except Conflict:
            return self.stale_response(row.id)
        return self.after_act(row, message, undo_url)

    def perform_with_dialog(
        self,
        row: Any,
        dialog: Dialog,
        verb: Callable[[], None],
        *,
        undo: str = "",
        refusal: str = "",
    ) -> ResponseReturnValue:
        """GET shows the dialog; POST calls `verb`, or shows the dialog again with the errors.

        Where the row does not allow the action, `refusal` is the message shown instead.
        """
        if refusal:
            return self.refused(row, refusal)
        dialog.set_context(row)
        if request.method == "GET":
            dialog.fill({**self._now(row, dialog), **dialog.initial_values()})
            return self._asking(row, dialog)
        version = posted_version()
        dialog.read(request.form, self._now(row, dialog))
        told = self.concurrent_edit(row, version, self.compared_names())
        if told is not None:
            return self._asking_again(row, dialog, told)
        try:
            if self._done(row, dialog, verb):
                return self.after_act(
                    row, str(dialog.done_message), self.act_url(undo, row) if undo else ""
                )
        except Conflict:
            row = self.row(row.id, "edit")
            told = self.concurrent_edit(row, version, self.compared_names())
            return self._asking_again(row, dialog, told or ConcurrentEdit())
        return self._asking(row, dialog, dialog.status)

    def posted_related(self, relation: str) -> Any:
        """The row that the button posted as `relation`; 404 where the actor cannot read it."""
        pk = parse_number(request.form.get(relation, "")) or 0
        return self.datamodel.get_related_obj(relation, pk) or abort(404)

    def refused(self, row: Any, refusal: str) -> ResponseReturnValue:
        """Back to the record, with the reason why this cannot be done to it."""
        if request.method == "POST":
            self.checked_version(row)
        flash(refusal, "danger")
        return redirect(self.page_of(row) or self.url("list"), 303)

    def _now(self, row: Any, dialog: Dialog) -> dict[str, Any]:
        return stored_values(row, [name for name in dialog.names if name in dialog.fields])

    def _done(self, row: Any, dialog: Dialog, verb: Callable[[], None]) -> bool:
        """Whether the action was done; where not, the dialog says what is wrong with it."""
        version = row.row_version
        dialog.values = dict(dialog.known_values())

        def act() -> None:
            check_version(row, version)
            verb()

        return self.committed(dialog, act, dialog.prepare)

    def _asking_again(self, row: Any, dialog: Dialog, told: ConcurrentEdit) -> ResponseReturnValue:
        """The dialog with the typed values, and above it what others saved meanwhile."""
        told = self.reconcile(row, dialog, told)
        return self._asking(row, dialog, 409, told)

    def _asking(
        self, row: Any, dialog: Dialog, status: int = 200, told: ConcurrentEdit | None = None
    ) -> ResponseReturnValue:
        dialog.load_choices()
        version = row.row_version if status in (200, 409) else posted_version()
        url = self.page_of(row) or self.url("list")
        page = FormPage(
            title=str(dialog.title),
            action=request.path,
            crumbs=[(self.words("list_title"), self.url("list")), (str(row), url)],
            groups=[FieldGroup("", list(dialog.fields.values()))],
            cancel_url=url,
            submit_label=str(dialog.submit),
            draft_key="",
            hidden=[("row_version", str(version)), *dialog.hidden],
            concurrent_edit=told,
            errors=dialog.summary,
            form_errors=dialog.form_errors,
            has_required=any(field.spec.required for field in dialog.fields.values()),
            intro=str(dialog.intro),
            danger=dialog.danger,
            cancel_label=str(dialog.cancel_label),
        )
        if any(field.widget == "file" for field in dialog.fields.values()):
            page.enctype = "multipart/form-data"
        return self.render(self.edit_template, status, page=page, form=dialog, row=row)
