"""What the page of a quote shows to its customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape

from crm.accounts.models.people import full_name
from crm.core.config import languages
from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.core.files.pictures import page_count
from crm.core.models.codes import language_name
from crm.core.models.text import (
    format_day,
    format_instant,
    format_money,
    format_phone,
    format_size,
)
from crm.core.views.display import initials
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.pdf import parties
from crm.quotes.services import answering
from crm.quotes.services.answering import REASONS

MOST_PAGES = 12  # shown as pictures; the file has all of them


@dataclass(frozen=True)
class Person:
    """Whom the customer may ask."""

    name: str
    phone: str = ""
    phone_url: str = ""
    email: str = ""


@dataclass
class AcceptancePage:
    """Everything templates/quotes/acceptance.html places."""

    language: str
    company: str
    initials: str
    has_logo: bool
    reference: str
    title: Markup
    intro: Markup
    customer: str
    total: str
    total_note: str
    facts: str  # of the file
    pages: list[tuple[str, str]]  # the name of each picture, and its words
    contact: Person | None
    languages: list[tuple[str, str]]
    reasons: list[tuple[str, str]]
    closed: str = ""  # why it cannot be answered
    is_accepted: bool = False
    refuses: bool = False  # the form to refuse is open
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def content_of(quote: Quote) -> bytes:
    """The PDF that was frozen. Raises FileNotFoundError."""
    file: StoredFile | None = quote.pdf
    if file is None:
        raise FileNotFoundError(quote.id)
    with storage.read(file.key) as opened:
        return bytes(opened.read())


def page_of(
    quote: Quote, language: str, values: Mapping[str, str], errors: Mapping[str, str]
) -> AcceptancePage:
    """The page, in the language that is forced."""
    named = parties.of(quote)
    count = page_count(content_of(quote))
    return AcceptancePage(
        language=language,
        company=named.company.name,
        initials=initials(named.company.name),
        has_logo=named.company.logo is not None,
        reference=quote.reference,
        title=escape(quote.title)
        if quote.title
        else escape(_("Quote %(number)s")) % {"number": _whole(quote.reference)},
        intro=_intro(quote, named),
        customer=str(named.account),
        total=format_money(quote.total_incl, quote.currency),
        total_note=_(
            "%(amount)s excluding tax, valid until %(day)s",
            amount=format_money(quote.total_excl, quote.currency),
            day=format_day(quote.valid_until),
        ),
        facts=_facts(count, quote.pdf.size if quote.pdf is not None else 0),
        pages=[
            (f"page-{number}.png", _page_words(quote, number, count))
            for number in range(1, min(count, MOST_PAGES) + 1)
        ],
        contact=_contact(named),
        languages=[(code, language_name(code)) for code in sorted(languages(), reverse=True)],
        reasons=[(one, str(words)) for one, words in REASONS.items()],
        closed="" if answering.is_open(quote) else _closed(quote),
        is_accepted=quote.status == QuoteStatus.ACCEPTED,
        values=values or _known(named),
        errors=errors,
    )


def _intro(quote: Quote, named: parties.Parties) -> Markup:
    who = {
        "number": _whole(quote.reference), "customer": str(named.account),
        "day": format_day(quote.issued_on), "owner": str(named.owner),
    }  # fmt: skip
    if named.owner is None:
        return escape(_("Quote %(number)s of %(day)s for %(customer)s")) % who
    text = _("Quote %(number)s for %(customer)s, drawn up by %(owner)s on %(day)s")
    return escape(text) % who


def _whole(reference: str) -> Markup:
    """A number that does not break at its hyphens."""
    return Markup('<span class="c-whole">{}</span>').format(reference)


def _facts(count: int, size: int) -> str:
    pages = ngettext("%(num)s page", "%(num)s pages", count)
    return f"{pages}, {format_size(size)}"


def _page_words(quote: Quote, number: int, count: int) -> str:
    return _(
        "Quote %(quote)s, page %(number)s of %(count)s",
        quote=quote.reference,
        number=number,
        count=count,
    )


def _contact(named: parties.Parties) -> Person | None:
    owner = named.owner
    if owner is None:
        return None
    phone = getattr(owner, "phone", None) or ""
    shown = format_phone(phone) if phone else ""
    return Person(str(owner), shown, f"tel:{phone}", owner.email or "")


def _known(named: parties.Parties) -> Mapping[str, str]:
    """Who the quote is written to, as the form proposes it."""
    contact = named.contact
    name = full_name(contact.first_name, contact.last_name) if contact is not None else ""
    return {"name": name}


def _closed(quote: Quote) -> str:
    """Why it cannot be answered, as its customer is told."""
    zone = quote.company.time_zone or "UTC"
    if quote.status in (QuoteStatus.ACCEPTED, QuoteStatus.REFUSED):
        return _answered(quote, zone)
    if quote.status == QuoteStatus.REPLACED:
        return _("This quote is replaced by a newer version. Ask for its link.")
    if quote.status == QuoteStatus.CANCELLED:
        return _("This quote was withdrawn.")
    if answering.has_expired(quote):
        day = format_day(quote.valid_until)
        return _("This quote was valid until %(day)s. Ask for a new one.", day=day)
    return _("This quote cannot be answered now.")


def _answered(quote: Quote, zone: str) -> str:
    who, is_accepted = quote.answered_by or quote.accepted_by, quote.status == QuoteStatus.ACCEPTED
    day = quote.accepted_on if is_accepted else quote.refused_on
    when = (
        format_instant(quote.answered_at, zone) if quote.answered_at
        else format_day(day) if day else ""
    )  # fmt: skip
    names = {"name": who, "number": quote.reference, "when": when}
    if is_accepted:
        return _("Thank you. %(name)s accepted the quote %(number)s on %(when)s.", **names)
    if who:
        return _("%(name)s refused the quote %(number)s on %(when)s.", **names)
    return _("The quote %(number)s was refused on %(when)s.", number=names["number"], when=when)
