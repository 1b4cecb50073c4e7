"""What a translator needs: find the strings, keep the catalogs, say what is wrong with them.

The command line is `crm translations …`; nothing here knows a request or a database.
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
