"""What a template becomes, with a record that the reader may see, or with examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.models import rich_text, target_of
from crm.mail.models import Message, Template
from crm.mail.related import records_around
from crm.mail.templates import variables
from crm.mail.templates.filling import fill

SHOWN = 20  # records to choose from


@dataclass(frozen=True)
class Preview:
    """The texts of a mail as it would be sent."""

    language: str
    subject: str
    body: Markup


def main_record(kind: str) -> str:
    """What a message of a kind is about first of all: the name of a relation of Message."""
    return variables.ABOUT[kind][0]


def recent_records(kind: str) -> list[Any]:
    """The last changed records that a message of this kind may be about."""
    model = target_of(Message, main_record(kind))
    statement = select(model).order_by(model.changed_on.desc(), model.id.desc()).limit(SHOWN)
    return list(db.session.scalars(statement).unique())


def records_of(kind: str, row: Any) -> Mapping[str, Any]:
    """The records that the variables of a kind are read from, in a message about `row`."""
    names = variables.ABOUT[kind]
    found = records_around(main_record(kind), row, names)
    if "guest" in names:
        found["guest"] = getattr(row, "contact", None) or getattr(row, "lead", None)
    return found


def preview(template: Template, row: Any, language: str) -> Preview:
    """The texts with `row`, with examples for what it lacks; the reason where there are none."""
    records = {} if row is None else records_of(template.kind, row)
    try:
        filled = fill(template, records, language, current_actor().time_zone, with_examples=True)
    except DomainError as error:
        return Preview(current_actor().language, "", Markup("<p>{}</p>").format(error.message))
    return Preview(filled.language, filled.subject, rich_text.shown(filled.body_html))
