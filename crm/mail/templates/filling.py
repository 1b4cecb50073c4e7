"""A template's texts for one recipient. Source: spec 13.1."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from crm.core.errors import DomainError
from crm.core.models import rich_text
from crm.core.types import TranslatedText
from crm.mail.headers import one_line
from crm.mail.models import Template
from crm.mail.templates import variables
from crm.mail.templates.language import TooLong, names, parse, render
from crm.mail.templates.readers import Reader

LONGEST_SUBJECT = 255


@dataclass(frozen=True)
class Filled:
    """A mail's texts: `body_html` is a rich text, `language` the one they are written in."""

    subject: str
    body_html: str
    language: str


def fill(
    template: Template,
    records: Mapping[str, Any],
    language: str,
    zone: str = "UTC",
    *,
    with_examples: bool = False,
) -> Filled:
    """The texts in `language`, else in the company's, else in the first that both are filled in.

    `records` are those that the variables of the template's kind belong to. Of a record that is
    not there the variables are empty, or `with_examples` their examples.

    Raises DomainError where the records make a text longer than LONGEST.
    """
    chosen = _language(template, language, records.get("company"))
    given = variables.examples(template.kind, chosen, records) if with_examples else {}
    reader = Reader(chosen, zone)
    subject = _filled(template, template.subject, records, reader, given, is_html=False)
    body = _filled(template, template.body, records, reader, given, is_html=True)
    return Filled(
        one_line(rich_text.to_text(subject), LONGEST_SUBJECT),
        rich_text.clean(body) + _signature(template, records.get("owner")),
        chosen,
    )


def _language(template: Template, wanted: str, company: Any) -> str:
    texts = (template.subject, template.body)
    for language in (wanted, getattr(company, "language", ""), *template.body):
        if all(text.get(language) for text in texts):
            return language
    return wanted


def _filled(
    template: Template,
    texts: TranslatedText,
    records: Mapping[str, Any],
    reader: Reader,
    given: Mapping[str, str],
    *,
    is_html: bool,
) -> str:
    text = texts.get(reader.language) or str(texts)
    parts = parse(text, variables.known(template.kind))
    values = {**given, **variables.values(template.kind, records, reader, names(parts))}
    if not is_html:
        values = {name: _plain(value) for name, value in values.items()}
    try:
        return render(parts, values, is_html)
    except TooLong:
        raise DomainError(_("Filled in, this template is longer than 200 kB.")) from None


def _plain(value: str) -> str:
    return rich_text.to_text(value) if isinstance(value, Markup) else value


def _signature(template: Template, owner: Any) -> str:
    signature = getattr(owner, "signature", None)
    return rich_text.clean(signature) if template.add_signature and signature else ""
