"""TABLE: role × entity × action → scope, as it ships. `crm init` writes the cells that are missing.

The grid in the database is what holds; this is only where it begins. Source: spec 1.3.
"""

from crm.companies.people.grid import ENTITIES, SHIPPED
from crm.core.actor import ACTIONS, Scope

# One column each, in this order.
ROLES = tuple(SHIPPED)  # admin, manager, salesperson, assistant, auditor, translator

# Read · create · edit · delete · export; one word stands for all five.
NIL, ALL, COMPANY = "-", "all", "company"
WORDS = "all - - - -"
KNOWS = "company - - - -"
READS = "company - - - company"
SELLS = "team own own - own"
QUOTES = "team own own own own"
SHOWS = "company own own - own"
HELPS = "agency agency agency - -"
FILES = "company company company - -"
MAILS = "own own own - -"
WATCH = "all - - - all"

# fmt: off
TABLE: dict[str, tuple[str, str, str, str, str, str]] = {
    #                 admin  manager  sales    assist.  auditor  translator
    "leads":         (ALL,   COMPANY, SELLS,   HELPS,   READS,   NIL),
    "accounts":      (ALL,   COMPANY, SELLS,   HELPS,   READS,   NIL),
    "contacts":      (ALL,   COMPANY, SELLS,   HELPS,   READS,   NIL),
    "opportunities": (ALL,   COMPANY, SELLS,   HELPS,   READS,   NIL),
    "quotes":        (ALL,   COMPANY, QUOTES,  HELPS,   READS,   NIL),
    "events":        (ALL,   COMPANY, SELLS,   HELPS,   READS,   NIL),
    "catalogs":      (ALL,   COMPANY, SHOWS,   FILES,   READS,   NIL),
    "products":      (ALL,   READS,   KNOWS,   KNOWS,   READS,   NIL),
    "reference":     (ALL,   WORDS,   WORDS,   WORDS,   WORDS,   WORDS),
    "agencies":      (ALL,   KNOWS,   KNOWS,   KNOWS,   READS,   NIL),
    "companies":     (ALL,   KNOWS,   KNOWS,   KNOWS,   READS,   NIL),
    "users":         (ALL,   NIL,     NIL,     NIL,     NIL,     NIL),
    "settings":      (ALL,   NIL,     NIL,     NIL,     NIL,     NIL),
    "templates":     (ALL,   NIL,     NIL,     NIL,     NIL,     NIL),
    "messages":      (ALL,   MAILS,   MAILS,   MAILS,   READS,   NIL),
    "journal":       (WATCH, NIL,     NIL,     NIL,     KNOWS,   NIL),
    "translations":  (ALL,   NIL,     NIL,     NIL,     NIL,     ALL),
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
