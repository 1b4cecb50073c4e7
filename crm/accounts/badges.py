"""Badges of leads, accounts and contacts who refuse calls or e-mails."""

from typing import Any

from flask_babel import gettext as _

from crm.core.models import spec_of
from crm.core.views import Field


def opt_out_badges(row: Any) -> list[Field]:
    """One red badge each for "do not call" and "do not e-mail"."""
    said = (
        ("do_not_call", _("Refuses calls"), "phone-off"),
        ("do_not_email", _("Refuses e-mails"), "mail-off"),
    )
    return [
        Field(name, spec_of(type(row), name).label, "tag", True, text, hue="red", icon=icon)
        for name, text, icon in said
        if getattr(row, name)
    ]
