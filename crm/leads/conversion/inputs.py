"""The inputs of the conversion's page: their choices, and their names by blocks."""

from flask_babel import gettext as _
from flask_babel import pgettext

from crm.leads.conversion.blocks import CHOOSE, CREATE, LINK, NONE, OTHER
from crm.leads.conversion.form import ConversionForm
from crm.opportunities.queries import open_stages


def load_choices(form: ConversionForm) -> None:
    """Load the choices, and name the inputs by their blocks; what is shown is not read again."""
    for block, part in form.blocks.items():
        part.load_choices()
        if "stage" in part.fields:
            part.fields["stage"].limit_to(part.datamodel.session.scalars(open_stages()))
            part.fields["stage"].blank = None
        for field in part.fields.values():
            field.name = f"{block}-{field.name}"
            field.search_name = field.search_name and f"{block}-{field.search_name}"
    _name_existing(form)


def _name_existing(form: ConversionForm) -> None:
    """The search box of accounts, and the picker of the chosen account's contacts."""
    form.existing.load_choices()
    account, contact = (form.existing.fields[name] for name in ("account", "contact"))
    if form.chosen != OTHER:
        account.texts, account.options = [""], []
    account.name, account.search_name, contact.search_name = "other", "other_search", ""
    account.blank, contact.blank = _("Search for another account"), _("Search for a contact")
    contact.picker_with = ()  # the account that is chosen is no field of this form
    if form.account is not None:
        contact.picker_url += f"&account={form.account.id}"
    else:
        contact.picker_url = ""


def account_choices(form: ConversionForm) -> list[tuple[str, str]]:
    """(value, label) of what may be done about the account."""
    words = {CREATE: _("Create"), LINK: _("Link to an existing account")}
    return [(mode, words[mode]) for mode in form.account_modes]


def contact_choices(form: ConversionForm) -> list[tuple[str, str]]:
    """(value, label) of what may be done about the contact."""
    words = {CREATE: _("Create"), CHOOSE: pgettext("contact", "Choose"), NONE: _("No contact")}
    return [(mode, words[mode]) for mode in form.contact_modes]
