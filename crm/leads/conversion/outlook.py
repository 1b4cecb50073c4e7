"""What a conversion would do, in sentences, and how the account differs. Source: spec 4.4."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup, escape
from sqlalchemy import func, select

from crm.accounts.models import Account, AccountKind, Nature
from crm.core import rows
from crm.core.db import db
from crm.core.models import spec_of
from crm.core.models.text import format_money
from crm.core.views.display import display_field
from crm.leads.conversion.blocks import CHOOSE, CREATE, LINK
from crm.leads.conversion.form import ConversionForm
from crm.leads.models import Lead
from crm.leads.services import copying
from crm.leads.signals import conversion_counting
from crm.mail.models import Message

Sentence = tuple[str, Markup]  # icon, text


@dataclass
class Outlook:
    """What templates/leads/outlook.html places; `differing` is (label, account's, lead's)."""

    sentences: list[Sentence] = field(default_factory=list)
    differing: list[tuple[str, str, str]] = field(default_factory=list)
    note: str = ""
    account_id: int | None = None
    is_person: bool = False


def outlook_of(form: ConversionForm) -> Outlook:
    """What would happen by what is typed now."""
    account = form.account
    found = Outlook(sentences=list(_sentences(form)))
    found.is_person = form.account_nature == Nature.PERSON
    if account is not None:
        found.account_id = account.id
        found.differing = list(_differing(form.lead, account, form))
        found.note = _note(form.lead, account)
    return found


def _differing(
    lead: Lead, account: Account, form: ConversionForm
) -> Iterator[tuple[str, str, str]]:
    for name in copying.differing(lead, account, with_contact="contact" in form.active()):
        theirs, ours = display_field(account, name).text, display_field(lead, name).text
        yield str(spec_of(Account, name).label), theirs, ours


def _note(lead: Lead, account: Account) -> str:
    if not rows.may(db.session(), "edit", account):
        return _("You cannot edit %(account)s: its fields and notes do not change.",
                 account=account)  # fmt: skip
    if lead.description:
        return _("The lead's description is added to the account's notes, under today's date.")
    return ""


# Sentences ─────────────────────────────────────────────────────────────────────────────────────


def _say(text: str, **names: Any) -> Markup:
    """A sentence in which the names stand out."""
    strong = {key: Markup("<b>{}</b>").format(value) for key, value in names.items()}
    return escape(text) % strong


def _sentences(form: ConversionForm) -> Iterator[Sentence]:
    account = form.account
    if form.account_mode == LINK and account is None:
        yield "alert-circle", escape(_("Choose the account."))
    elif account is not None:
        yield "link", _linked(account)
    else:
        yield "building-store", _created(form)
    yield from _contact(form)
    if form.has_opportunity:
        yield "trending-up", _opportunity(form)
    if moved := moved_words(form.lead):
        yield "arrow-right", escape(_("Also moved: %(what)s", what=", ".join(moved)))
    if account is not None or form.account_mode == CREATE:
        yield "user", _owner(form)
    yield "lock", escape(_("The lead becomes “Converted” and read-only"))


def _linked(account: Account) -> Markup:
    if account.kind == AccountKind.CLIENT:
        return _say(_("The lead is linked to the client %(account)s"), account=account)
    return _say(_("The lead is linked to the prospect %(account)s"), account=account)


def _created(form: ConversionForm) -> Markup:
    own = form.blocks[form.nature].fields
    names = ("first_name", "name") if form.nature == Nature.PERSON else ("name",)
    name = " ".join(own[one].text for one in names if own[one].text) or "…"
    if form.blocks["account"].fields["kind"].text == AccountKind.CLIENT:
        return _say(_("The client %(account)s is created"), account=name)
    return _say(_("The prospect %(account)s is created"), account=name)


def _contact(form: ConversionForm) -> Iterator[Sentence]:
    sign = "address-book"
    if form.account_nature == Nature.PERSON:
        return
    if form.contact_mode == CREATE:
        fields = form.blocks["contact"].fields
        name = " ".join(fields[n].text for n in ("first_name", "last_name") if fields[n].text)
        account = form.account
        if account is None or not copying.has_main_contact(account):
            text = _("The contact %(contact)s is created, main contact")
        else:
            text = _("The contact %(contact)s is created")
        yield sign, _say(text, contact=name or "…")
    elif form.contact_mode == CHOOSE:
        chosen = form.existing.values.get("contact")
        if chosen is not None:
            yield sign, _say(_("The contact is %(contact)s"), contact=chosen)
    else:
        yield sign, escape(_("No contact is created"))


def _opportunity(form: ConversionForm) -> Markup:
    typed = form.blocks["opportunity"].fields["name"].text
    name, amount = typed or copying.opportunity_name(form.lead), form.value("opportunity", "amount")
    if amount is None:
        return _say(_("The opportunity %(opportunity)s is created"), opportunity=name)
    text = format_money(amount, form.lead.company.currency)
    said = escape(_("The opportunity %(opportunity)s is created, %(amount)s"))
    return said % {"opportunity": Markup("<b>{}</b>").format(name), "amount": text}


def moved_words(lead: Lead) -> list[str]:
    """What goes along, as far as the actor sees it: "3 events"."""
    answers = [answer for __, answer in conversion_counting.send(lead)]
    number = db.session.scalar(select(func.count()).where(Message.lead_id == lead.id))
    if number:
        answers.append(ngettext("%(num)s e-mail", "%(num)s e-mails", number))
    return [str(answer) for answer in answers if answer]


def _owner(form: ConversionForm) -> Markup:
    account = form.account
    if account is not None:
        if account.owner is None:
            return escape(_("The account stays unassigned"))
        return _say(_("%(person)s stays the account owner"), person=account.owner)
    owner = form.value("account", "owner")
    if owner is None:
        return escape(_("The account is assigned to nobody"))
    if form.lead.owner is not None and owner is not form.lead.owner:
        text = _(
            "%(person)s becomes the account owner, not %(other)s, to whom the lead is assigned"
        )
        return _say(text, person=owner, other=form.lead.owner)
    return _say(_("%(person)s becomes the account owner"), person=owner)
