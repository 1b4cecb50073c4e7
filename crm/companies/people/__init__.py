"""Users, groups and roles: what can be done to them, whoever asks, and what nobody may do."""

# Both listen to every flush, whatever road it came by.
from crm.companies.people import guard, members

__all__ = ["guard", "members"]
