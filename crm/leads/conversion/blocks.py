"""The blocks of the conversion's page: their tables and fields. Source: spec 4.4."""

from collections.abc import Mapping, Sequence

from crm.accounts.models import Account, Contact
from crm.accounts.services import account as accounts
from crm.accounts.services import contact as contacts
from crm.core.datamodel import DataModel
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity

# What may be done about the account, and about the contact.
CREATE, LINK, CHOOSE, NONE = "create", "link", "choose", "none"
OTHER = "other"  # among the accounts: the one in the search box

ACCOUNTS = DataModel(Account, accounts.RULES)
CONTACTS = DataModel(Contact, contacts.RULES)
OPPORTUNITIES = DataModel(Opportunity, opportunities.RULES)

# block → its table and fields; an account has fields by its nature.
BLOCKS: Mapping[str, tuple[DataModel, Sequence[str]]] = {
    "account": (ACCOUNTS, ("kind", "phone", "website", "owner", "agency")),
    "organization": (ACCOUNTS, ("name", "siren")),
    "person": (ACCOUNTS, ("civility", "first_name", "name", "email")),
    "contact": (CONTACTS, ("civility", "first_name", "last_name", "email", "phone")),
    "opportunity": (OPPORTUNITIES, ("name", "amount", "expected_close_on", "stage")),
}
WIDTHS: Mapping[str, Mapping[str, str]] = {
    "account": {"owner": "", "kind": "w2", "phone": "w2", "website": "w2"},
    "organization": {"name": "w4", "siren": "w2"},
    "person": {"civility": "w2", "first_name": "w2", "name": "w2", "email": "w6"},
    "contact": {"civility": "w2", "first_name": "w2", "last_name": "w2"},
    "opportunity": {"name": "w6", "amount": "w2", "expected_close_on": "w2", "stage": "w2"},
}
