"""/api/v1/accounts, prospects and clients alike, and /api/v1/contacts."""

from collections.abc import Mapping
from typing import Any, ClassVar

from crm.accounts.models import Account
from crm.accounts.services import archiving, prospects
from crm.accounts.services import contact as contacts
from crm.accounts.services.handing_over import hand_over, kinds_along
from crm.accounts.services.prospects import OUTCOME
from crm.accounts.views import ClientView, ContactView
from crm.accounts.views.fields import AMOUNTS
from crm.core.api import MergeVerb, ModelRestApi, Verb, columns_of

ACCOUNT = columns_of(ClientView)
STATUSES = "manage_prospect_status"


def _hand_over(account: Account, *, owner: Any = None, **along: bool) -> None:
    """Give an account to an owner, with the open work whose kinds are true."""
    hand_over(account, owner=owner, along=[name for name, is_asked in along.items() if is_asked])


class AccountApi(ModelRestApi):
    """One resource; the kind is a field of it, given at creation."""

    view = ClientView
    resource_name = "accounts"
    list_columns = ("kind", "prospect_status", *ACCOUNT["list_columns"], *AMOUNTS)
    show_columns = (*ACCOUNT["show_columns"], *AMOUNTS)
    add_columns = ("kind", *ACCOUNT["add_columns"])
    verbs: ClassVar[Mapping[str, Verb]] = {
        "make_client": Verb(prospects.become_client),
        "win": Verb(prospects.win, setting=STATUSES),
        "lose": Verb(prospects.lose, OUTCOME, setting=STATUSES),
        "change_owner": Verb(_hand_over, ("owner",), switches=kinds_along),
        "reopen": Verb(prospects.reopen, setting=STATUSES),
        "archive": Verb(archiving.archive),
        "unarchive": Verb(archiving.unarchive),
        "merge": MergeVerb(),
    }


class ContactApi(ModelRestApi):
    """Contacts, by the declarations of their pages."""

    view = ContactView
    verbs: ClassVar[Mapping[str, Verb]] = {
        "make_client": Verb(contacts.make_individual_client),
        "merge": MergeVerb(),
    }
