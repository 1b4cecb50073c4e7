"""Receivers of signals of lower slices."""

from typing import Any

from crm.companies.models import CompanySettings
from crm.companies.signals import settings_added
from crm.mail.services.templates import choose_defaults


@settings_added.connect
def choose_templates(settings: CompanySettings, **news: Any) -> None:
    """A new company sends every kind of e-mail. Source: spec 2.8."""
    choose_defaults(settings)
