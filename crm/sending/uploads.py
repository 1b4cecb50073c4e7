"""The files of an e-mail while it is written: none is lost where its form is shown again."""

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.errors import DomainError
from crm.core.files.checking import ATTACHMENT
from crm.core.files.models import StoredFile, is_unused
from crm.core.files.storing import store
from crm.core.models.text import labelled, parse_number
from crm.mail.models import MessageAttachment
from crm.sending.form import LetterForm

STORED = "stored"  # the input with the id of a file that an earlier answer of the form stored
MOST = 50


def files_of(form: LetterForm, posted: MultiDict[str, str]) -> Sequence[StoredFile]:
    """The files that came with the form before, and those that come now, which are stored.

    Linked by no message they are deleted a day later. What is refused, its field says.
    """
    return [*_stored_before(form, posted.getlist(STORED)), *_store(form)]


def _stored_before(form: LetterForm, given: Sequence[str]) -> Sequence[StoredFile]:
    """One's own files, of e-mails alone: a second click names those that the first one linked."""
    ids = {number for text in given[:MOST] if (number := parse_number(text)) is not None}
    found = _own(ids) if ids else []
    if len(found) < len(ids):
        said = _("A file that was chosen is no longer stored. Choose it again.")
        form.refuse("", {"files": said})
    return found


def _own(ids: set[int]) -> Sequence[StoredFile]:
    mine = StoredFile.created_by_id == current_actor().user_id
    of_mails = is_unused(MessageAttachment.__table__)
    found = select(StoredFile).where(StoredFile.id.in_(ids), mine, of_mails)
    return db.session.scalars(found.order_by(StoredFile.id)).all()


def _store(form: LetterForm) -> Sequence[StoredFile]:
    stored: list[StoredFile] = []
    for upload in form.uploads:
        try:
            stored.append(store(upload, ATTACHMENT, "files"))
        except DomainError as error:
            said = {"files": labelled(upload.filename, error.fields.get("files") or error.message)}
            form.refuse("", said, error.status)
    if stored:
        with transaction() as session:
            session.add_all(stored)
    return stored
