"""Labels of the grid of rights: entities, actions, scopes; summaries of roles."""

from collections.abc import Container, Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.companies.people.rights import Cell
from crm.core.actor import ACTIONS, Scope
from crm.core.models import Label

# In the order of the page: entity → (words, icon). Source: spec 1.3.
ENTITIES: Mapping[str, tuple[Label, str]] = {
    "leads": (_l("Leads"), "target-arrow"),
    "accounts": (_l("Accounts"), "building-store"),
    "contacts": (_l("Contacts"), "address-book"),
    "opportunities": (_l("Opportunities"), "trending-up"),
    "quotes": (_l("Quotes"), "file-invoice"),
    "events": (_l("Events"), "calendar-event"),
    "catalogs": (_l("Catalogues"), "book-2"),
    "products": (_l("Products"), "package"),
    "reference": (_l("Reference data"), "list-details"),
    "agencies": (_l("Agencies"), "map-pin"),
    "companies": (_l("Companies"), "building"),
    "users": (_l("Users, groups, roles"), "user"),
    "settings": (_l("CRM application"), "adjustments-horizontal"),
    "templates": (_l("Templates"), "template"),
    "messages": (_l("Outbox"), "send"),
    "journal": (_l("Journal"), "history"),
    "translations": (_l("Translations"), "language"),
}

ACTION_WORDS: Mapping[str, Label] = dict(
    zip(ACTIONS, (_l("Read"), _l("Create"), _l("Edit"), _l("Delete"), _l("Export")), strict=True)
)

# scope → (words, what it means).
SCOPES: Mapping[Scope, tuple[Label, Label]] = {
    Scope.NONE: (_l("None"), _l("no records")),
    Scope.OWN: (_l("Own"), _l("own records only")),
    Scope.TEAM: (_l("Team"), _l("own records, those of the team and unassigned ones")),
    Scope.AGENCY: (_l("Agency"), _l("own records, those of the agency and those without agency")),
    Scope.COMPANY: (_l("Company"), _l("records of the user's companies")),
    Scope.ALL: (_l("All"), _l("records of all companies")),
}

# The shipped roles: code → (stored name, translatable name). A renamed role is not translated.
SHIPPED: Mapping[str, tuple[str, Label]] = {
    "admin": ("Admin", _l("Admin")),
    "manager": ("CRM manager", _l("CRM manager")),
    "salesperson": ("Salesperson", _l("Salesperson")),
    "assistant": ("Assistant", _l("Assistant")),
    "auditor": ("Auditor", _l("Auditor")),
    "translator": ("Translator", _l("Translator")),
}

# Business records, which come first in the summary of a role.
RECORDS = ("leads", "accounts", "contacts", "opportunities", "quotes", "events")


def role_name(role: Any) -> str:
    """A role's name; translated where it is a shipped one that was not renamed."""
    stored, words = SHIPPED.get(role.code or "", ("", ""))
    return str(words) if role.name == stored else str(role.name)


def describe(grid: Mapping[Cell, Scope], shown: Container[str] = ENTITIES) -> str:
    """A summary of what a role may do, computed from its cells.

    Of the entities that are no business records only those in `shown` are named.
    """
    if grid.get(("users", "edit")) is Scope.ALL and grid.get(("settings", "edit")) is Scope.ALL:
        return _("Can do everything in all companies and edit the application's settings.")
    records = _by_scope({action: _usual(action, grid) for action in ACTIONS})
    changed, read = (_others(action, grid, shown) for action in ("edit", "read"))
    parts = [_("Records: %(what)s.", what=records)] if records else []
    if changed:
        parts.append(_("Can edit: %(entities)s.", entities=changed))
    if read and not parts:
        parts.append(_("Can read: %(entities)s.", entities=read))
    return " ".join(parts) or _("No rights yet.")


def _others(action: str, grid: Mapping[Cell, Scope], shown: Container[str]) -> str:
    """The other entities that are open to `action`."""
    return ", ".join(
        str(words)
        for entity, (words, _icon) in ENTITIES.items()
        if entity not in RECORDS and entity in shown and grid.get((entity, action))
    )


def _usual(action: str, grid: Mapping[Cell, Scope]) -> Scope:
    """The most frequent scope of the business records; of two the narrower."""
    scopes = [grid.get((entity, action), Scope.NONE) for entity in RECORDS]
    return max(sorted(set(scopes)), key=scopes.count)


def _by_scope(usual: Mapping[str, Scope]) -> str:
    parts = []
    for scope in sorted({*usual.values()} - {Scope.NONE}, reverse=True):
        actions = [str(ACTION_WORDS[a]).lower() for a in ACTIONS if usual[a] is scope]
        words = str(SCOPES[scope][0]).lower()
        parts.append(_("%(actions)s (%(scope)s)", actions=", ".join(actions), scope=words))
    return ", ".join(parts)


# str(role), for pages, pickers and messages.
Role.__str__ = role_name
