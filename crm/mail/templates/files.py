"""The attachments of a template, on its page: added, loaded and removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.core.datamodel import DataModel
from crm.core.files.checking import ATTACHMENT
from crm.core.files.serving import answer
from crm.core.files.storing import store
from crm.core.models.text import format_size, parse_number
from crm.core.views import PK, ModelView, RecordPage
from crm.mail.models import Template, TemplateAttachment
from crm.mail.services import attaching
from crm.mail.services import templates as services


@dataclass(frozen=True)
class Attached:
    """A file of a template; `remove_url` is "" for who may not edit."""

    name: str
    size: str
    url: str
    remove_url: str


@dataclass
class PageWithFiles(RecordPage):
    """A record with its attachments; `attach_url` is "" for who may not edit."""

    files: list[Attached] = field(default_factory=list)
    attach_url: str = ""
    accepted: str = ATTACHMENT.accept


class TemplateFiles(ModelView):
    """The addresses of the attachments."""

    datamodel = DataModel(Template, services.RULES)
    method_actions: ClassVar[Mapping[str, str]] = {
        "attach": "edit", "detach": "edit", "file": "read",
    }  # fmt: skip

    def fill_files(self, page: PageWithFiles, row: Template) -> None:
        may = self.may_edit(row)
        page.attach_url = self.act_url("attach", row) if may else ""
        page.files = [
            Attached(
                str(one),
                format_size(one.file.size),
                self.url("file", pk=row.id, number=one.id),
                self.act_url("detach", row, number=one.id) if may else "",
            )
            for one in row.attachments
        ]

    @expose(f"/attach/{PK}", methods=("POST",))
    @has_access
    def attach(self, pk: int) -> ResponseReturnValue:
        """Add uploaded files, which are looked into and stored before the transaction."""
        row = self.row(pk, "edit")
        uploads = [one for one in request.files.getlist("files") if one.filename]
        files = [store(one, ATTACHMENT, "files") for one in uploads]
        return self.perform(row, lambda: attaching.attach(row, files), _("Attachments added"))

    @expose(f"/detach/{PK}", methods=("POST",))
    @has_access
    def detach(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        found = self._attachment(row)
        return self.perform(row, lambda: attaching.detach(row, found), _("Attachment removed"))

    @expose(f"/file/{PK}")
    @has_access
    def file(self, pk: int) -> ResponseReturnValue:
        """An attachment, as a download."""
        return answer(self._attachment(self.row(pk)).file)

    def _attachment(self, row: Template) -> TemplateAttachment:
        number = parse_number(request.args.get("number", ""))
        found = (one for one in row.attachments if one.id == number)
        return next(found, None) or abort(404)
