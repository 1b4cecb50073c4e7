"""An e-mail that somebody writes, and its undoing. Source: spec 13.2."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from markupsafe import escape
from sqlalchemy import or_, select

from crm.catalog.models import Catalog, CatalogLink
from crm.catalog.public import share
from crm.companies.models import Company
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.models import rich_text
from crm.core.models.text import format_size
from crm.core.types import utcnow
from crm.mail import senders, services
from crm.mail.headers import is_deliverable
from crm.mail.models import Copy, Message, MessageKind, MessageState
from crm.mail.services import Mail
from crm.mail.services.attaching import ROOM, too_large

WAIT = timedelta(seconds=10)  # in which it can be undone
MOST_COPIES = 20
LINKS = re.compile(r'(?:<p><a href="[^"]*/p/[^"]*"[^>]*>[^<]*</a> \([^<]*\)</p>)+\Z')


@dataclass(frozen=True)
class Addressed:
    """One recipient, and as what."""

    address: str
    copy: Copy = Copy.TO
    name: str = ""
    relation: str = ""  # of the message, whose address it is


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What was written. `token` is the form's: the same text is sent once with it."""

    token: str
    company: Company
    author: User
    subject: str
    body: str  # a rich text
    plain: str  # the same as plain text: made before the transaction, as it takes time
    to: Addressed
    copies: Sequence[Addressed] = ()
    kind: MessageKind = MessageKind.FREE
    template_id: int | None = None
    related: Mapping[str, int] = field(default_factory=dict)
    files: Sequence[StoredFile] = ()
    catalogs: Sequence[Catalog] = ()
    language: str = ""  # of its texts
    mark: str = ""  # in the body, where the link to the catalogue belongs

    def cause(self, addressed: Addressed) -> str:
        """The same for a second click, another one for what was changed after going back."""
        said = [
            addressed.copy, addressed.address, self.subject,
            self.body.replace(self.mark, ""),
            [(file.file_name, file.sha256) for file in self.files],
            [catalog.id for catalog in self.catalogs],
        ]  # fmt: skip
        digest = sha256(json.dumps(said).encode()).hexdigest()
        return f"letter:{self.author.id}:{self.token}:{digest}"


def check(letter: Letter) -> None:
    """Raises DomainError, by field, where it may not be sent."""
    wrong = {}
    everybody = (letter.to, *letter.copies)
    refused = services.refusing(letter.company.id, (one.address for one in everybody))
    for one in everybody:
        if one.address in refused:
            wrong[str(one.copy)] = _(
                "%(address)s refuses e-mails. Nothing is sent to them.", address=one.address
            )
        elif not is_deliverable(one.address):
            wrong[str(one.copy)] = _(
                "%(address)s is not an address that e-mails can be sent to.", address=one.address
            )
    if len(letter.copies) > MOST_COPIES:
        wrong["cc"] = _("At most %(number)s copies.", number=MOST_COPIES)
    if sum(file.size for file in letter.files) > ROOM:
        wrong["files"] = too_large()
    if wrong:
        raise DomainError(fields=wrong)


def send(letter: Letter) -> Message:
    """Queue the mail and its copies, each a message of its own. Raises DomainError by field."""
    check(letter)
    attached, linked = parted(letter.files, letter.catalogs)
    main = _queue(letter, letter.to, None, attached, linked)
    for addressed in letter.copies:
        _queue(letter, addressed, main, attached, linked)
    return main


def parted(
    files: Sequence[StoredFile], catalogs: Sequence[Catalog]
) -> tuple[list[Catalog], list[Catalog]]:
    """The catalogues that are attached, and those that the mail links to."""
    room = ROOM - sum(file.size for file in files)
    attached: list[Catalog] = []
    for catalog in sorted(catalogs, key=lambda one: one.file_size):
        if catalog.file_size > room:
            break
        room -= catalog.file_size
        attached.append(catalog)
    return attached, [one for one in catalogs if one not in attached]


def _queue(
    letter: Letter,
    addressed: Addressed,
    main: Message | None,
    attached: Sequence[Catalog],
    linked: Sequence[Catalog],
) -> Message:
    """The message to one recipient; of `linked`, each recipient gets a link of their own."""
    due_at = utcnow() + WAIT
    found = services.find(letter.cause(addressed))
    if found is not None:
        if found.state == MessageState.CANCELLED:  # undone, and sent by going back to its form
            services.send_again(found, due_at)
        return found
    links = [share(catalog, letter.company) for catalog in linked]
    shown = [(one, url) for one, (_link, url) in zip(linked, links, strict=True)]
    body_html, body_text = _bodies(letter, shown)
    mail = replace(
        _mail(letter, addressed),
        body_html=body_html,
        body_text=body_text,
        original_id=main.id if main is not None else None,
        attachments=[*letter.files, *(one.file for one in attached)],
        due_at=due_at,
    )
    message = services.queue(mail)
    for shared, _url in links:
        shared.message_id = message.id
    db.session.flush()
    return message


def _mail(letter: Letter, addressed: Addressed) -> Mail:
    """The mail to one recipient, without its bodies and files."""
    sender, author = senders.of_company(letter.company.id), letter.author
    return Mail(
        cause=letter.cause(addressed),
        company_id=letter.company.id,
        kind=letter.kind,
        subject=letter.subject,
        to_address=addressed.address,
        to_name=addressed.name,
        to_relation=addressed.relation,
        related={**letter.related, **_first(letter.catalogs)},
        template_id=letter.template_id,
        sender_name=sender.name,
        sender_address=sender.address,
        reply_name=str(author),
        reply_to=author.email or None,
        copy=addressed.copy,
        # One person writes to another; a catalogue goes to many.
        transactional=letter.kind != MessageKind.CATALOG,
        language=letter.language,
    )


def _bodies(letter: Letter, links: Sequence[tuple[Catalog, str]]) -> tuple[str, str]:
    """HTML and plain text with the links to catalogues, at the mark or at the end."""
    if letter.mark and letter.mark in letter.body and links:
        url = links[0][1]
        return letter.body.replace(letter.mark, url), letter.plain.replace(letter.mark, url)
    added = "".join(
        f'<p><a href="{escape(url)}">{escape(one.name)}</a> ({format_size(one.file_size)})</p>'
        for one, url in links
    )
    return letter.body + added, "\n\n".join(filter(None, (letter.plain, rich_text.to_text(added))))


def _first(catalogs: Sequence[Catalog]) -> dict[str, int]:
    return {"catalog": catalogs[0].id} if catalogs else {}


def copies_of(message: Message) -> Sequence[Message]:
    """The copies of a message that was fetched."""
    of_it = select(Message).where(Message.original_id == message.id).order_by(Message.id)
    return db.session.scalars(of_it).unique().all()


def take_back(message: Message) -> None:
    """Keep it and its copies from being sent. Raises DomainError where it is too late."""
    for one in (message, *copies_of(message)):
        services.cancel(one)


def written(message: Message) -> str:
    """The body without the links that were added to it."""
    return LINKS.sub("", message.body_html)


def catalogs_of(message: Message) -> Sequence[Catalog]:
    """The catalogues that a message has attached or links to."""
    files = [one.file_id for one in message.attachments]
    linked = select(CatalogLink.catalog_id).where(CatalogLink.message_id == message.id)
    of_it = select(Catalog).where(or_(Catalog.id.in_(linked), Catalog.file_id.in_(files)))
    return db.session.scalars(of_it.order_by(Catalog.id)).unique().all()
