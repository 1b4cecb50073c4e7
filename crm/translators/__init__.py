"""Tools for translators: extract strings, update catalogs, check them.

The command line is `crm translations …`; no request and no database is needed.
"""

from crm.translators.catalogs import Stat, compile_catalogs, extract, prefill, stats, update
from crm.translators.checks import Problem, check
from crm.translators.commands import group
from crm.translators.project import Project, languages

__all__ = [
    "Problem",
    "Project",
    "Stat",
    "check",
    "compile_catalogs",
    "extract",
    "group",
    "languages",
    "prefill",
    "stats",
    "update",
]
