"""Services and rules of users, groups and roles."""

# Both listen to every flush.
from crm.companies.people import guard, members

__all__ = ["guard", "members"]
