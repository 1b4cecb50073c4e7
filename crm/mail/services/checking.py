"""What a template must be before it is saved: texts that can be filled in, names of its own."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from babel import Locale
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from crm.core.types import fold
from crm.mail.models import Template
from crm.mail.templates import variables
from crm.mail.templates.language import TemplateError, TooLong, parse, render


def checked(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """`values`, once the texts in it have been parsed and filled in, in every language.

    Raises DomainError by field and language ("body.fr").
    """
    kind = values.get("kind") or ""
    if kind not in variables.ABOUT:
        return values
    wrong = {
        f"{name}.{language}": said
        for name in ("subject", "body")
        for language, said in _wrong(kind, values.get(name) or {}, name == "body")
    }
    if wrong:
        raise DomainError(fields=wrong)
    return values


def _wrong(kind: str, texts: Mapping[str, str], is_html: bool) -> Iterator[tuple[str, str]]:
    """(language, error message), where the message names the language and the line."""
    for language, text in texts.items():
        name = Locale.parse(language).get_display_name(get_locale()) or language
        error = _error_of(kind, language, text, is_html, str(get_locale()))
        if isinstance(error, TemplateError):
            yield language, _(
                "%(language)s, line %(line)s: %(message)s",
                language=name, line=error.line, message=error,
            )  # fmt: skip
        elif error is not None:
            yield (
                language,
                _("%(language)s: filled in, this is longer than 200 kB.", language=name),
            )


# A form asks before its transaction, so that the same question within it takes no time.
@lru_cache(maxsize=16)
def _error_of(
    kind: str, language: str, text: str, is_html: bool, reader: str
) -> TemplateError | TooLong | None:
    """What is wrong with a text in `language`, said in the language of the `reader`."""
    with force_locale(reader):
        try:
            render(parse(text, variables.known(kind)), variables.examples(kind, language), is_html)
        except (TemplateError, TooLong) as error:
            return error.with_traceback(None)
    return None


def refuse_double(template: Template) -> None:
    """Raises DomainError where another template of its company has one of its names.

    "All companies" counts as a company. Source: spec 13.1.
    """
    same = func.coalesce(Template.company_id, 0) == (template.company_id or 0)
    statement = select(Template).where(same, Template.id != template.id)
    with unfiltered("a name is taken, whoever reads that template"):
        others = db.session.scalars(statement).unique().all()
    for language, name in template.name.items():
        if any(fold(other.name.get(language, "")) == fold(name) for other in others):
            message = _("There is already a template named “%(name)s”.", name=name)
            raise DomainError(message, field="name")
