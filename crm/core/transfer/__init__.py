"""Rows out to a CSV file and in from one."""

from crm.core.transfer.export import columns_of, every_row, export_rows
from crm.core.transfer.mapping import Map, read_map
from crm.core.transfer.report import Refusal, Report
from crm.core.transfer.run import run_import

__all__ = [
    "Map",
    "Refusal",
    "Report",
    "columns_of",
    "every_row",
    "export_rows",
    "read_map",
    "run_import",
]
