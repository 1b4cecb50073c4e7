"""Kinds of text: one line, many lines, and texts of a form of their own."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from stdnum.exceptions import ValidationError as StdnumError

from crm.core.models import rich_text
from crm.core.models.kinds.base import CONTROL, Format, Kind, refuse_longer
from crm.core.models.rich_text.sql import PlainText
from crm.core.models.text import format_phone
from crm.core.types import TranslatedText

if TYPE_CHECKING:
    from crm.core.models.fields import Spec

# Not \s: no-break spaces are kept, as before a percent sign in French.
BLANKS = re.compile(r"[ \t\n]+")
DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")
LONGEST_DOMAIN = 253  # characters (RFC 1035)
LONGEST_WORDS = 255  # characters of a translated text in one language


class Text(Kind):
    is_key = True

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        return BLANKS.sub(" ", as_text(value))

    def parse_filter(self, spec: "Spec", text: str, form: Format) -> Any:
        """The text itself: part of a value need not be valid."""
        return spec.parse(text, form)


class LongText(Text):
    widget = "longtext"
    longest = 50_000
    is_key = is_filterable = False

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        return as_text(value)


class RichText(LongText):
    """A rich text (`rich_text`), read from HTML or plain text; a file holds its plain text."""

    widget = "richtext"
    longest = 300_000  # with its tags; its text may be as long as a long text

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.rich_text(text)

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        refuse_longer(as_text(value), self.longest)
        cleaned = rich_text.clean(value)
        text = rich_text.to_text(cleaned)
        refuse_longer(text, LongText.longest)
        if text.strip():
            return cleaned
        if spec.required:
            raise ValueError(_("Required field"))
        return None

    def parse_filter(self, spec: "Spec", text: str, form: Format) -> Any:
        return text

    def compared(self, column: Any) -> Any:
        return PlainText(column)

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return rich_text.to_text(str(value))

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        """As HTML where it has formatting, else as plain text: people without script read it."""
        text = rich_text.to_text(value)
        return text if rich_text.clean(text) == value else str(value)

    def schema(self, spec: "Spec") -> dict[str, Any]:
        words = _(
            "HTML of the elements p, h2, h3, ul, ol, li, blockquote, br, strong, em and a; "
            "others are left out. A text that does not begin with such a block is plain text."
        )
        return {**super().schema(spec), "description": words}


class Email(Text):
    input_type = "email"
    json_format = "email"
    css = "w-mail from-xl"

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        text = super().clean(spec, value, row)
        _local, at, domain = text.partition("@")
        if not at or not domain:
            raise ValueError(_("Add the domain after “@”, such as name@company.com"))
        try:
            found = validate_email(text, check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise ValueError(_("Enter an e-mail address, such as name@company.com")) from error
        return found.normalized.lower()


class Phone(Text):
    """E.164. A number without its country's prefix is read in the country of the row's company."""

    input_type = "tel"
    css = "num w-phone from-l"
    needs_row = True

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        text, company = super().clean(spec, value, row), getattr(row, "company", None)
        try:
            number = phonenumbers.parse(text, getattr(company, "country", None) or "FR")
        except phonenumbers.NumberParseException as error:
            raise ValueError(_("Enter a phone number, such as +33 4 65 71 20 18.")) from error
        if not phonenumbers.is_possible_number(number):
            raise ValueError(_("This phone number is too short or too long; check its digits."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return format_phone(str(value))

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        return format_phone(value)


class Url(Text):
    input_type = "url"
    json_format = "uri"
    is_key = False

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        text = super().clean(spec, value, row)
        address = text if "://" in text else f"https://{text}"
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        if not host or parts.scheme not in ("http", "https") or "." not in host or " " in address:
            raise ValueError(_("Enter a web address, such as www.company.com"))
        return address

    def identity(self, value: Any) -> Any:
        """Where it leads to: http or https, "www." and a last slash do not matter."""
        parts = urlsplit(str(value))
        host, path = parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/")
        return host, path, parts.query, parts.fragment


class Domains(LongText):
    """Domains of e-mail addresses, one a line."""

    longest = 5_000

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        lines = [line.strip().lower().removeprefix("@") for line in as_text(value).splitlines()]
        domains = list(dict.fromkeys(filter(None, lines)))
        for domain in domains:
            if not DOMAIN.fullmatch(domain) or len(domain) > LONGEST_DOMAIN:
                raise ValueError(
                    _("“%(domain)s” is not a domain, such as company.com.", domain=domain)
                )
        return "\n".join(domains)


class PostalCode(Text):
    """A code of the country of the row, else of its company's."""

    is_key = False
    needs_row = True

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        text = super().clean(spec, value, row)
        company = getattr(row, "company", None)
        country = getattr(row, "country", None) or getattr(company, "country", None) or "FR"
        if country == "FR" and not re.fullmatch(r"\d{5}", text.replace(" ", "")):
            raise ValueError(_("5 digits in France"))
        return str(text)


class Registered(Text):
    """A number with check digits, by a module of stdnum."""

    def __init__(self, name: str, number: Any, input_mode: str = "") -> None:
        super().__init__(name)
        self.number, self.input_mode = number, input_mode

    def grouped(self, value: str) -> str:
        """As it is printed, in groups of digits where its module knows them; they do not break."""
        in_groups = getattr(self.number, "format", str)
        return str(in_groups(value)).replace(" ", "\u00a0")

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        try:
            return str(self.number.validate(super().clean(spec, value, row)))
        except StdnumError as error:
            raise ValueError(_("This number is not valid; check its digits.")) from error


class Translated(Kind):
    widget = "translated"
    is_text = is_filterable = False
    is_rich = False
    longest = LONGEST_WORDS  # in one language

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.words(text)

    def clean(self, spec: "Spec", value: Any, row: Any) -> TranslatedText:
        if not isinstance(value, Mapping):
            raise ValueError(words_expected())
        texts = {code: self.tidy(as_text(text)) for code, text in value.items()}
        words = TranslatedText({code: text for code, text in texts.items() if text})
        if spec.required and not words:
            raise ValueError(_("Required field"))
        for text in words.values():
            refuse_longer(text, self.longest)
        return words

    def tidy(self, text: str) -> str:
        """The text of one language as it is stored; "" where it is empty."""
        return BLANKS.sub(" ", CONTROL.sub("", text)).strip()

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return str(TranslatedText(value))

    def schema(self, spec: "Spec") -> dict[str, Any]:
        text = {"type": "string", "maxLength": self.longest}
        return {"type": "object", "additionalProperties": text}


class TranslatedRichText(Translated):
    """A rich text in each language."""

    is_rich = True
    longest = RichText.longest

    def tidy(self, text: str) -> str:
        refuse_longer(text, self.longest)
        cleaned = rich_text.clean(text)
        return cleaned if rich_text.to_text(cleaned).strip() else ""

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return rich_text.to_text(str(TranslatedText(value)))


def words_expected() -> str:
    return str(_('Send one text for each language, such as {"en": "…"}.'))


def as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(_("Enter text."))
    return value
