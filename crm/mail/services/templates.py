"""What can be done to a template, whoever asks. Source: spec 13.1."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, or_, select

from crm.companies.choices import candidates_of
from crm.companies.defaults import current_user_or_none, fill_company, set_default
from crm.companies.models import Company, CompanySettings
from crm.core.actor import current_actor
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, flush, update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.models import link_of, rich_text
from crm.core.rows import unfiltered
from crm.mail import senders
from crm.mail.models import MessageKind, Template
from crm.mail.services.checking import checked, refuse_double
from crm.mail.services.queueing import Mail
from crm.mail.templates import shipped
from crm.mail.templates.filling import fill

# The settings of a company by which it chooses a template, and the kind that fits.
CHOSEN_AS = {f"{kind}_template": kind for kind in shipped.TEXTS if kind != MessageKind.FREE}


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The company chosen in the top bar. An empty company means all of them."""
    set_default(values, "company", lambda: fill_company({}))
    return values


def create(values: Mapping[str, Any]) -> Template:
    """A new template. Raises DomainError by field."""
    template: Template = create_row(Template, checked(values), RULES)
    refuse_double(template)
    return template


def update(template: Template, values: Mapping[str, Any]) -> None:
    """Change a template. Raises DomainError by field, also where a company sends it."""
    _check_use(template, values)
    kind = values.get("kind", template.kind)
    # Another kind has other variables, also for texts that stay as they are.
    texts = {"subject": template.subject, "body": template.body} if kind != template.kind else {}
    update_row(template, checked({"kind": kind, **texts, **values}), RULES)
    refuse_double(template)


def _check_use(template: Template, values: Mapping[str, Any]) -> None:
    """Raises DomainError by field where a company sends it and could not choose it any more."""
    used = [company for company, _name in used_by(template)]
    company = values.get("company")  # None is all of them
    others = [one for one in used if company is not None and one.id != company.id]
    wrong = {
        "kind": used if values.get("kind", template.kind) != template.kind else [],
        "active": used if template.active and not values.get("active", True) else [],
        "company": others,
    }
    refused = {name: _in_use(len(companies)) for name, companies in wrong.items() if companies}
    if refused:
        raise DomainError(fields=refused)


def delete(template: Template) -> None:
    """Delete a template. Raises DomainError where a company sends it."""
    if used := used_by(template):
        raise DomainError(_in_use(len(used)))
    delete_row(template)


def reset(template: Template) -> None:
    """Give a shipped template the texts that ship now. Raises DomainError where none do."""
    text = shipped.TEXTS.get(template.shipped or "")  # none where a later version ships fewer
    if text is None:
        raise DomainError(_("This template did not ship with the application."))
    update(template, {"name": text.name, "subject": text.subject, "body": text.body})


def install() -> None:
    """Add the templates that ship to an empty table, and let every company choose them.

    Where there are templates, an upgrade does not bring back those that were deleted.
    """
    with unfiltered("what ships is put in place before anybody acts"):
        if db.session.scalar(select(Template.id).limit(1)) is not None:
            return
        for kind, text in shipped.TEXTS.items():
            said = {"name": text.name, "subject": text.subject, "body": text.body}
            db.session.add(Template(kind=kind, shipped=kind, is_default=True, **said))
        db.session.flush()
        for settings in db.session.scalars(select(CompanySettings)).all():
            choose_defaults(settings)


def choose_defaults(settings: CompanySettings) -> None:
    """Choose a template for each kind that has none: the default one of all companies."""
    usable = select(Template).where(Template.active.is_(True), Template.company_id.is_(None))
    best_last = usable.order_by(Template.is_default, Template.id.desc())
    with unfiltered("a company sends what ships, whoever creates it"):
        best: dict[str, Template] = {
            one.kind: one for one in db.session.scalars(best_last).unique()
        }
        for name, kind in CHOSEN_AS.items():
            if getattr(settings, f"{name}_id") is None:
                setattr(settings, name, best.get(kind))
        flush()


def used_by(template: Template) -> list[tuple[Company, str]]:
    """The companies that send it, each with the setting by which they do."""
    columns = [link_of(CompanySettings, name)[1] for name in CHOSEN_AS]
    with unfiltered("a template is in use, whoever reads that company's settings"):
        mine = or_(*(getattr(CompanySettings, column) == template.id for column in columns))
        rows = db.session.scalars(select(CompanySettings).where(mine)).all()
        return [
            (row.company, name)
            for row in rows
            for name, column in zip(CHOSEN_AS, columns, strict=True)
            if getattr(row, column) == template.id
        ]


def test_mail(template: Template, language: str) -> Mail:
    """The template, filled in with examples, as a mail to the actor. Raises DomainError."""
    user = current_user_or_none()
    if user is None or not user.email:
        raise DomainError(_("Your account has no e-mail address."))
    actor = current_actor()
    company_id = template.company_id or (actor.company.id if actor.company else None)
    if company_id is None:
        raise DomainError(_("None of your companies is active."))
    filled = fill(template, {"owner": user}, language, user.time_zone, with_examples=True)
    sender = senders.of_company(company_id)
    return Mail(
        cause=f"test:{uuid4().hex}",
        company_id=company_id,
        kind=MessageKind.TEST,
        subject=_("Test: %(subject)s", subject=filled.subject),
        body_html=filled.body_html,
        body_text=rich_text.to_text(filled.body_html),
        to_address=user.email,
        to_name=str(user),
        template_id=template.id,
        sender_name=sender.name,
        sender_address=sender.address,
        attachments=template.files,
    )


def _in_use(count: int) -> str:
    return str(
        ngettext(
            "%(num)s company sends this template.", "%(num)s companies send this template.", count
        )
    )


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Companies in use."""
    return candidates_of(Template, relation, values)


RULES = Rules(defaults=defaults, create=create, update=update, delete=delete, candidates=candidates)
