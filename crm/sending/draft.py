"""An e-mail about a record while it is written: whom it may go to and what it says at first."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.catalog.models import Catalog
from crm.companies.defaults import current_user_or_none
from crm.companies.models import Company
from crm.core.actor import current_actor
from crm.core.errors import DomainError
from crm.core.links.services import address_of, new_token
from crm.core.models import rich_text
from crm.core.models.text import parse_number
from crm.core.rows import unfiltered
from crm.core.views.form import SHOW
from crm.mail.models import (
    Message,
    MessageAttachment,
    MessageKind,
    MessageState,
    Template,
    TemplateAttachment,
)
from crm.mail.related import records_around
from crm.mail.services.attaching import attachments_of
from crm.mail.templates.filling import fill
from crm.sending import quotes, services
from crm.sending.form import COPIES, LetterForm, fitting, token_of
from crm.sending.people import Person, language_of, people_of

KEPT = "kept"  # the input with the id of an attachment of the message that was undone
OF_TEMPLATE = "of-template"  # that of an attachment of a template
MOST = 50


class Draft:
    """`again` is a message that was undone, whose texts the form opens with.

    With `sends` the row is a quote that becomes sent, with its PDF and a link to accept it.
    """

    def __init__(
        self, relation: str, row: Any, again: Message | None = None, *, sends: bool = False
    ) -> None:
        self.relation, self.row, self.sends = relation, row, sends
        self.again = again if again is not None and again.state == MessageState.CANCELLED else None
        self.records = records_around(relation, row)
        self.people = people_of(self.records)
        self.company: Company = row.company
        self.templates = fitting(self.company.id, relation)
        self.author = current_user_or_none()
        self.catalogs: Sequence[Catalog] = ()
        if self.again is not None and current_actor().is_enabled("manage_catalogs"):
            self.catalogs = services.catalogs_of(self.again)

    @property
    def natural_address(self) -> str:
        return self.people[0].address if self.people else ""

    def record_url(self, page_of: Callable[[Any], str | None]) -> str:
        return page_of(self.row) or "/"

    def told(self, address: str) -> str:
        """Who it is that has `address`."""
        person = self._person(address)
        if person is None:
            return _("An address of the record, or another one.")
        return ", ".join(part for part in (person.name, person.role) if part)

    def refusal(self) -> str:
        """Why the natural recipient gets no e-mail; "" where they may."""
        person = next(iter(self.people), None)
        if person is not None and person.address and person.refuses:
            return _("%(name)s refuses e-mails. Choose somebody else.", name=person.name)
        return ""

    def _person(self, address: str) -> Person | None:
        found = (one for one in self.people if address and one.address == address)
        return next(found, None)

    # What the form opens with ───────────────────────────────────────────────────────────────────

    def open(self, form: LetterForm) -> None:
        """Fill a form that was just opened."""
        if self.again is not None:
            self._open_again(form, self.again)
            return
        form.fields["to"].texts = [self.natural_address]
        default = next((one for one in self.templates if one.is_default), None)
        if self.sends:
            default = self._of_company() or default
        form.fields["template"].texts = [str(default.id) if default else ""]
        self.insert(form)

    def _of_company(self) -> Template | None:
        """The template that the company has chosen for its quotes, among those that fit."""
        with unfiltered("a template shows where one sends, without the right to its page"):
            chosen = quotes.template_of(self.company)
        return next((one for one in self.templates if one is chosen), None)

    def insert(self, form: LetterForm) -> None:
        """Put the texts of the chosen template in the form, in the recipient's language."""
        template, fields = form.template, form.fields
        if template is None:
            fields["body"].texts = [getattr(self.author, "signature", None) or ""]
            return
        person = self._person(fields["to"].text) or next(iter(self.people), None)
        language = language_of(person, self.records, self.company)
        zone = self.company.time_zone or "UTC"
        try:
            filled = fill(template, self._variables(person), language, zone)
        except DomainError as error:
            form.refuse(error.message, error.fields)
            return
        fields["subject"].texts, fields["body"].texts = [filled.subject], [filled.body_html]

    def _variables(self, person: Person | None) -> Mapping[str, Any]:
        given = {**self.records, "owner": self.author, "company": self.company}
        if self.sends:
            self.row.link = address_of(new_token())
        if person is not None and person.relation in ("contact", "lead"):
            given["contact"] = person.row
        link = getattr(given.get("contact"), "main_link", None)
        if given.get("account") is None and link is not None:
            given["account"] = link.account
        return given

    def _open_again(self, form: LetterForm, message: Message) -> None:
        copies = services.copies_of(message)
        texts = {
            "to": message.to_address or "",
            "template": str(message.template_id or ""),
            "subject": message.subject,
            "body": services.written(message),
        }
        for copy in COPIES:
            addresses = (one.to_address or "" for one in copies if one.copy == copy)
            texts[str(copy)] = ", ".join(addresses)
        for name, text in texts.items():
            form.fields[name].texts = [text]
        if "catalog" in form.fields:
            form.fields["catalog"].data = self.catalogs
            form.fields["catalog"].texts = [str(one.id) for one in self.catalogs]

    def kept(self, posted: MultiDict[str, str]) -> list[MessageAttachment]:
        """The files of the message that was undone, but for those that were taken off.

        Catalogues are chosen again as such.
        """
        if self.again is None:
            return []
        chosen = [one.file_id for one in self.catalogs]
        if self.sends:
            chosen.append(self.row.pdf_id)
        files = [one for one in self.again.attachments if one.file_id not in chosen]
        wanted = posted.getlist(KEPT)
        return [one for one in files if not posted or str(one.id) in wanted]

    def from_template(
        self, form: LetterForm, posted: MultiDict[str, str]
    ) -> list[TemplateAttachment]:
        """The files of the template that was inserted, but for those that were taken off."""
        known = {one.file_id for one in self.kept(posted)}
        if posted and posted.get(SHOW) != "template":
            given = posted.getlist(OF_TEMPLATE)[:MOST]
            wanted = [number for text in given if (number := parse_number(text)) is not None]
            found = attachments_of(form.templates.values(), wanted)
        elif form.template is None or (self.again is not None and not posted):
            found = []  # what was undone has them, but for those that were taken off
        else:
            found = form.template.attachments
        return [one for one in found if one.file_id not in known]

    # What is sent ───────────────────────────────────────────────────────────────────────────────

    def letter(self, form: LetterForm, posted: MultiDict[str, str]) -> services.Letter:
        """What was written. Raises DomainError."""
        if self.author is None:
            raise DomainError(_("Sign in first."))
        to, copies = form.addressed(self.people)
        person = self._person(to.address)
        related = {name: one.id for name, one in self.records.items()}
        if person is not None:
            related[person.relation] = person.row.id
        template = form.template
        letter = services.Letter(
            token=token_of(posted),
            company=self.company,
            author=self.author,
            subject=form.values["subject"],
            body=form.values["body"],
            plain=rich_text.to_text(form.values["body"]),
            to=to,
            copies=copies,
            kind=self._kind(template),
            template_id=template.id if template else None,
            related=related,
            files=[
                *([self.row.pdf] if self.sends else []),
                *(one.file for one in (*self.kept(posted), *self.from_template(form, posted))),
                *form.stored,
            ],
            catalogs=form.values.get("catalog") or (),
        )
        services.check(letter)
        return letter

    def _kind(self, template: Template | None) -> MessageKind:
        if self.sends:
            return MessageKind.QUOTE
        return MessageKind(template.kind) if template else MessageKind.FREE
