"""The verbs of a slice: at once, or after a page that asks for what they need."""

from collections.abc import Callable
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.forms import Dialog
from crm.core.models.text import parse_number
from crm.core.views.base import Group
from crm.core.views.bin import BinPages
from crm.core.views.form import FormPage
from crm.core.views.inplace import stored


class VerbPages(BinPages):
    """What a verb's address does around the service that it calls."""

    def act(
        self, row: Any, verb: Callable[[], None], message: str = "", undo_url: str = ""
    ) -> ResponseReturnValue:
        """Do it, and back to the record. A refusal is told on the page that one came from."""
        with transaction():
            verb()
        return self.to_record(row, message, undo_url)

    def ask(
        self, row: Any, dialog: Dialog, verb: Callable[[], None], undo_url: str = ""
    ) -> ResponseReturnValue:
        """GET asks; POST acts, or asks again with what is wrong beside each field."""
        dialog.about(row)
        before = stored(row, [name for name in dialog.names if name in dialog.fields])
        if request.method == "GET":
            return self._asking(row, dialog.show({**before, **dialog.proposed()}))
        if dialog.read(request.form, before) and self._done(dialog, verb):
            return self.to_record(row, str(dialog.done), undo_url)
        return self._asking(row, dialog, 422)

    def chosen(self, relation: str) -> Any:
        """The row that a button names as `relation`; 404 where there is none for this actor."""
        pk = parse_number(request.form.get(relation, "")) or 0
        return self.datamodel.get_related_obj(relation, pk) or abort(404)

    def _done(self, dialog: Dialog, verb: Callable[[], None]) -> bool:
        try:
            with transaction():
                verb()
        except DomainError as error:
            dialog.refuse(error.message, error.fields)
            return False
        return True

    def _asking(self, row: Any, dialog: Dialog, status: int = 200) -> ResponseReturnValue:
        dialog.offer()
        url = self.page_of(row) or self.url("list")
        page = FormPage(
            title=str(dialog.title),
            action=request.path,
            crumbs=[(self.words("list_title"), self.url("list")), (str(row), url)],
            groups=[Group("", list(dialog.fields.values()))],
            cancel_url=url,
            submit_label=str(dialog.submit),
            draft_key="",
            errors=[(f.id, f.label, text) for f in dialog.fields.values() for text in f.errors],
            form_errors=dialog.form_errors,
            has_required=any(field.spec.required for field in dialog.fields.values()),
            intro=str(dialog.intro),
            danger=dialog.danger,
            cancel_label=str(dialog.keep),
        )
        return self.render(self.edit_template, status, page=page, form=dialog, row=row)
