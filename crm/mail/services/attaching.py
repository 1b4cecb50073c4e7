"""The files of a template. Source: spec 13.1."""

from collections.abc import Collection, Iterable, Sequence

from flask_babel import gettext as _
from sqlalchemy import select

from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.types import utcnow
from crm.mail.models import Template, TemplateAttachment

ROOM = 10 * 1024 * 1024  # bytes of the files of one mail; a catalogue beyond it becomes a link


def too_large() -> str:
    """The refusal of files that are larger than ROOM together."""
    return _("The files are larger than 10 MB together.")


def attachments_of(
    templates: Iterable[Template], wanted: Collection[int]
) -> Sequence[TemplateAttachment]:
    """Those attachments of `templates` whose ids are `wanted`."""
    ids = [one.id for one in templates]
    mine = TemplateAttachment.template_id.in_(ids) & TemplateAttachment.id.in_(wanted)
    found = select(TemplateAttachment).where(mine).order_by(TemplateAttachment.id)
    return db.session.scalars(found).all() if wanted else []


def attach(template: Template, files: Sequence[StoredFile]) -> None:
    """Add files, which were stored before the transaction. Raises DomainError on `files`."""
    if not files:
        raise DomainError(_("Choose a file."), field="files")
    if sum(file.size for file in (*template.files, *files)) > ROOM:
        raise DomainError(too_large(), field="files")
    template.attachments += [TemplateAttachment(file=file) for file in files]
    _changed(template)


def detach(template: Template, attachment: TemplateAttachment) -> None:
    """Take a file off; messages that were made before keep it."""
    template.attachments.remove(attachment)
    db.session.delete(attachment)  # by the session, so that the file goes with its last link
    _changed(template)


def _changed(template: Template) -> None:
    """Change the version of the template, so that a form opened before asks before it saves."""
    template.changed_on = utcnow()
    flush()
