"""Receivers of signals of lower slices."""

from typing import Any

from crm.core.transfer.report import Report
from crm.core.transfer.runs import ImportRun, import_finished
from crm.notices.kinds import IMPORTED
from crm.notices.services import News, tell


@import_finished.connect
def tell_of_import(run: ImportRun, report: Report, **news: Any) -> None:
    """Tell the person in whose name it was: they may have left it alone meanwhile."""
    if run.user_id is None:
        return
    args = {
        "file": run.file,
        "entity": run.entity,
        "created": run.created,
        "updated": run.updated,
        "refused": report.refused,
    }
    cause = f"{IMPORTED}:{run.id}"
    tell([News(run.user_id, IMPORTED, cause, args=args, company_id=run.company_id)])
