"""The pages of the slice."""

from crm.accounts.views.account import ClientView, ProspectView
from crm.accounts.views.contact import ContactView

__all__ = ["ClientView", "ContactView", "ProspectView"]
