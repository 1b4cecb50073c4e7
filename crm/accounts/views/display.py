"""Display of an account: badge, addresses, notes, main contact."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import Account, AccountAddress, AccountContact, AccountKind, Nature
from crm.accounts.services.account import is_owner_stale
from crm.accounts.views.fields import OCCASIONAL, ORGANIZATIONS, PERSONS
from crm.core.actor import per_request
from crm.core.forms import Form
from crm.core.models.codes import country_name
from crm.core.models.text import format_instant
from crm.core.views import Action, Field, FieldGroup, Panel, SheetTable
from crm.core.views.display import display_field, person, zone
from crm.core.views.pages import AddressBlock

MOST_ON_PAPER = 30  # contacts


def kind_badge(account: Account) -> Field:
    """Client or prospect, in blue or grey."""
    badge = display_field(account, "kind")
    is_client = account.kind == AccountKind.CLIENT
    badge.kind, badge.hue = "tag", "blue" if is_client else "gray"
    badge.icon = kind_icon(account)
    return badge


def kind_icon(account: Account | None) -> str:
    """The sign of a client, or of a prospect."""
    is_client = account is not None and account.kind == AccountKind.CLIENT
    return "building-skyscraper" if is_client else "building-store"


def mark_owner(account: Account, fields: Iterable[Field]) -> None:
    """Add the warning "No longer assignable" to the owner. Source: spec 2.2."""
    for field in fields:
        if field.name == "owner" and _is_stale(account):
            field.warning = _("No longer assignable")


def _is_stale(account: Account) -> bool:
    return per_request(
        ("owner_stale", account.id, account.row_version), lambda: is_owner_stale(account)
    )


def arrange(account: Account, groups: Sequence[FieldGroup], edit_url: str) -> list[FieldGroup]:
    """Leave out fields of the other nature; addresses as blocks; author of the notes."""
    absent = PERSONS if account.nature == Nature.ORGANIZATION else ORGANIZATIONS
    for group in groups:
        group.fields = [
            field
            for field in group.fields
            if field.name not in absent and (field.name not in OCCASIONAL or field.text)
        ]
        mark_owner(account, group.fields)
        names = [field.name for field in group.fields]
        if names == ["addresses"]:
            _put_addresses(account, group, edit_url)
        elif names == ["notes"]:
            group.note = notes_changed(account)
    return list(groups)


def _put_addresses(account: Account, group: FieldGroup, edit_url: str) -> None:
    anchor = f"{edit_url}#f-addresses" if edit_url else ""
    group.fields = []
    group.addresses = [_address(address, anchor) for address in account.addresses]
    if anchor:
        group.action = Action(_("Address"), anchor, "plus")


def _address(address: AccountAddress, edit_url: str) -> AddressBlock:
    uses = (
        (address.is_default, _("Default")),
        (address.is_billing, _("Billing address")),
        (address.is_delivery, _("Delivery address")),
    )
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    country = country_name(address.country) if address.country else ""
    lines = [*(address.street or "").splitlines(), town, address.region or "", country]
    return AddressBlock(
        title=address.label or _("Address"),
        lines=[line for line in lines if line],
        tags=[words for is_used, words in uses if is_used],
        edit_url=edit_url,
    )


def notes_changed(account: Account) -> str:
    """Who changed the notes last, and when; "" where that is unknown."""
    if account.notes_changed_on is None:
        return ""
    when = format_instant(account.notes_changed_on, zone())
    if account.notes_changed_by is None:
        return str(_("Changed on %(when)s.", when=when))
    who = person(account.notes_changed_by).text
    return str(_("Changed by %(who)s on %(when)s.", who=who, when=when))


def main_contact(link: AccountContact | None, page_of: Callable[[Any], str | None]) -> Panel | None:
    """The panel of the main contact, of its link to the account."""
    if link is None:
        return None
    name = Field("contact", "", "text", link.contact, str(link.contact))
    name.url = page_of(link.contact)
    job = Field("job_title", "", "text", None, str(link.job_title or ""))
    reach = [display_field(link.contact, field) for field in ("phone", "mobile", "email")]
    return Panel(_("Main contact"), lines=[line for line in (name, job, *reach) if line.text])


def contacts_on_paper(links: Iterable[AccountContact]) -> list[SheetTable]:
    """The contacts behind these links to the account; none where there are none."""
    rows = [
        [
            str(link.contact),
            str(link.job_title or ""),
            *(display_field(link.contact, name).text for name in ("phone", "mobile", "email")),
        ]
        for link in links
    ]
    heads = [_("Name"), _("Job title"), _("Phone"), _("Mobile"), _("E-mail")]
    return [SheetTable(_("Contacts"), heads, rows)] if rows else []


def prepare(form: Form) -> None:
    """Labels of child rows, and the warning of an owner who is no longer assignable."""
    if "addresses" in form.fields:
        form.fields["addresses"].add_label = _("Address")
    account = form.row
    field = form.fields.get("owner")
    if field is not None and isinstance(account, Account) and _is_stale(account):
        field.options = [
            one._replace(warning=_("No longer assignable"))
            if one.value == str(account.owner_id)
            else one
            for one in field.options
        ]
