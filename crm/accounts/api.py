"""/api/v1/accounts, prospects and clients alike, and /api/v1/contacts."""

from crm.accounts.views import ClientView, ContactView
from crm.core.api import ModelRestApi, columns_of

ACCOUNT = columns_of(ClientView)


class AccountApi(ModelRestApi):
    """One resource; the kind is a field of it, given at creation."""

    view = ClientView
    resource_name = "accounts"
    list_columns = ("kind", *ACCOUNT["list_columns"])
    add_columns = ("kind", *ACCOUNT["add_columns"])


class ContactApi(ModelRestApi):
    """Contacts, by the declarations of their pages."""

    view = ContactView
