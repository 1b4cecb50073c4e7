"""TABLE: which page stands where. Routes, menu and REST come from it, in this order."""

from collections.abc import Sequence
from typing import Any

from crm.core.datamodel import DataModel
from crm.core.views.frame import Entry
from crm.leads.views import LeadView

MAIN: Sequence[Entry] = (Entry(LeadView, mine="mine", in_bar=True),)
CONFIG: Sequence[Entry] = ()


def register(appbuilder: Any) -> None:
    """Give every page and resource of the table its routes."""
    for entry in (*MAIN, *CONFIG):
        appbuilder.add_view_no_menu(entry.view)
        if entry.api is not None:
            appbuilder.add_api(entry.api)


def datamodel_of(resource: str) -> DataModel:
    """The DataModel behind `leads`, `users`, … . Raises LookupError."""
    for entry in (*MAIN, *CONFIG):
        if entry.view.route_base.strip("/") == resource and hasattr(entry.view, "datamodel"):
            found: DataModel = entry.view.datamodel
            return found
    raise LookupError(resource)
