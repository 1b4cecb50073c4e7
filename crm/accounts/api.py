"""/api/v1/accounts, prospects and clients alike, and /api/v1/contacts."""

from collections.abc import Mapping
from typing import ClassVar

from crm.accounts.services import prospects
from crm.accounts.services.prospects import OUTCOME
from crm.accounts.views import ClientView, ContactView
from crm.core.api import ModelRestApi, Verb, columns_of

ACCOUNT = columns_of(ClientView)
STATUSES = "manage_prospect_status"


class AccountApi(ModelRestApi):
    """One resource; the kind is a field of it, given at creation."""

    view = ClientView
    resource_name = "accounts"
    list_columns = ("kind", "prospect_status", *ACCOUNT["list_columns"])
    add_columns = ("kind", *ACCOUNT["add_columns"])
    verbs: ClassVar[Mapping[str, Verb]] = {
        "make_client": Verb(prospects.become_client),
        "win": Verb(prospects.win, setting=STATUSES),
        "lose": Verb(prospects.lose, OUTCOME, setting=STATUSES),
        "reopen": Verb(prospects.reopen, setting=STATUSES),
    }


class ContactApi(ModelRestApi):
    """Contacts, by the declarations of their pages."""

    view = ContactView
