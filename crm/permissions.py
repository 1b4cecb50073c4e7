"""TABLE: default rights, role × entity × action → scope. `crm init` writes missing cells.

Only the cells in the database are effective. Source: spec 1.3.
"""

from crm.companies.people.grid import ENTITIES, SHIPPED
from crm.core.actor import ACTIONS, Scope

# One column each, in this order.
ROLES = tuple(SHIPPED)  # admin, manager, salesperson, assistant, auditor, translator

# Scopes of read, create, edit, delete, export; a single one stands for all five.
NONE, ALL, COMPANY = "-", "all", "company"
LOOKUP = "all - - - -"
READ = "company - - - -"
EXPORT = "company - - - company"
SALES = "team own own - own"
QUOTES = "team own own own own"
CREATE = "company own own - own"
ASSIST = "agency agency agency - -"
MANAGE = "company company company - -"
OWN = "own own own - -"
AUDIT = "all - - - all"

# fmt: off
TABLE: dict[str, tuple[str, str, str, str, str, str]] = {
    #                 admin  manager  sales    assist.  auditor  translator
    "leads":         (ALL,   COMPANY, SALES,   ASSIST,  EXPORT,  NONE),
    "accounts":      (ALL,   COMPANY, SALES,   ASSIST,  EXPORT,  NONE),
    "contacts":      (ALL,   COMPANY, SALES,   ASSIST,  EXPORT,  NONE),
    "opportunities": (ALL,   COMPANY, SALES,   ASSIST,  EXPORT,  NONE),
    "quotes":        (ALL,   COMPANY, QUOTES,  ASSIST,  EXPORT,  NONE),
    "events":        (ALL,   COMPANY, SALES,   ASSIST,  EXPORT,  NONE),
    "catalogs":      (ALL,   COMPANY, CREATE,  MANAGE,  EXPORT,  NONE),
    "products":      (ALL,   EXPORT,  READ,    READ,    EXPORT,  NONE),
    "reference":     (ALL,   LOOKUP,  LOOKUP,  LOOKUP,  LOOKUP,  LOOKUP),
    "agencies":      (ALL,   READ,    READ,    READ,    EXPORT,  NONE),
    "companies":     (ALL,   READ,    READ,    READ,    EXPORT,  NONE),
    "users":         (ALL,   NONE,    NONE,    NONE,    NONE,    NONE),
    "settings":      (ALL,   NONE,    NONE,    NONE,    NONE,    NONE),
    "templates":     (ALL,   NONE,    NONE,    NONE,    NONE,    NONE),
    "messages":      (ALL,   OWN,     OWN,     OWN,     EXPORT,  NONE),
    "journal":       (AUDIT, NONE,    NONE,    NONE,    READ,    NONE),
    "translations":  (ALL,   NONE,    NONE,    NONE,    NONE,    ALL),
}
# fmt: on


def cells(role: str) -> dict[tuple[str, str], Scope]:
    """Every cell of a shipped role: (entity, action) → scope, NONE included."""
    column = ROLES.index(role)
    return {
        (entity, action): scope
        for entity, columns in TABLE.items()
        for action, scope in zip(ACTIONS, _scopes(columns[column]), strict=True)
    }


def _scopes(words: str) -> list[Scope]:
    said = words.split()
    return [
        Scope.NONE if word == "-" else Scope[word.upper()]
        for word in (said * len(ACTIONS) if len(said) == 1 else said)
    ]


__all__ = ["ENTITIES", "ROLES", "TABLE", "cells"]
