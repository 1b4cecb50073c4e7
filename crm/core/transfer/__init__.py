"""Export to CSV and import from CSV."""

from crm.core.transfer.export import columns_of, export_rows
from crm.core.transfer.mapping import ImportMap, read_map
from crm.core.transfer.reading import iterate_rows
from crm.core.transfer.report import Refusal, Report
from crm.core.transfer.run import ImportJob, run_import
from crm.core.transfer.runs import ImportRun
from crm.core.transfer.undo import ImportUndo

__all__ = [
    "ImportJob",
    "ImportMap",
    "ImportRun",
    "ImportUndo",
    "Refusal",
    "Report",
    "columns_of",
    "export_rows",
    "iterate_rows",
    "read_map",
    "run_import",
]
