"""Rows out to a CSV file and in from one."""

from crm.core.transfer.export import columns_of, export_rows
from crm.core.transfer.mapping import Map, read_map
from crm.core.transfer.reading import every_row
from crm.core.transfer.report import Refusal, Report
from crm.core.transfer.run import Order, run_import
from crm.core.transfer.runs import ImportRun
from crm.core.transfer.undo import Undoing

__all__ = [
    "ImportRun",
    "Map",
    "Order",
    "Refusal",
    "Report",
    "Undoing",
    "columns_of",
    "every_row",
    "export_rows",
    "read_map",
    "run_import",
]
