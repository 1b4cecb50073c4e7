"""Users, groups and roles: what can be done to them, whoever asks, and what nobody may do."""

from crm.companies.people import guard  # listens to every flush, whatever road it came by

__all__ = ["guard"]
