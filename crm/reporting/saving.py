"""What the page of a report offers for saving it. The saved ones are pages of crm.reporting.own."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _

from crm.core.actor import current_actor
from crm.core.saved.models import SavedView
from crm.core.views import Action
from crm.core.views.address import Pairs
from crm.core.views.pages import ListPage

REPORT = "report"  # the argument with the id of the saved report that a page was opened with


@dataclass
class SavablePage(ListPage):
    """The page of a report that can be saved."""

    edit_url: str = ""  # of one's own: its name and groups
    pins: Action | None = None  # of a saved one: where it can be pinned
    mail_url: str = ""  # where a saved one is sent by e-mail

    @property
    def acts(self) -> list[Action]:
        """What can be done with the report, beside its title."""
        every = (
            Action(_("Share"), self.edit_url, "share"),
            Action(_("Send by e-mail…"), self.mail_url, "mail-forward"),
            Action(_("Export"), self.export_url, "download"),
        )
        return [*(one for one in every if one.url), *([self.pins] if self.pins else [])]


def put_saving(
    page: SavablePage, entity: str, pairs: Pairs, row: SavedView | None, *, is_same: bool
) -> None:
    """The name of a saved report, and the links that save it; `is_same`: as it is in `row`."""
    page.title = row.name if row is not None else page.title
    if page.notes:  # something is wrong
        return
    query = urlencode(pairs)
    page.save_url = f"{url_for('OwnReportView.add', entity=entity)}?{query}"
    page.save_label = _("Save the report")
    if row is None:
        return
    page.save_label = _("Save as a copy")
    page.mail_url = url_for("ScheduleView.add", pk=row.id)
    if row.user_id != current_actor().user_id:
        return
    page.edit_url = url_for("OwnReportView.edit", pk=row.id)
    if not is_same:
        page.update_url = f"{url_for('OwnReportView.update', pk=row.id)}?{query}"
        page.saved_name, page.saved_version = row.name, row.row_version
