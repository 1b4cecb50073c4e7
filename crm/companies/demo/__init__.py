"""The rows of the demo: marked when they are made, erased in one act."""

from crm.companies.demo.blocking import blocking_rows, is_in_bin
from crm.companies.demo.erasing import empty_bin, erase, may_erase
from crm.companies.demo.marking import marking, note_changes
from crm.companies.demo.reading import counts, is_there, people

__all__ = [
    "blocking_rows",
    "counts",
    "empty_bin",
    "erase",
    "is_in_bin",
    "is_there",
    "marking",
    "may_erase",
    "note_changes",
    "people",
]
