"""Archived accounts: left out of lists unless asked for, and reopened. Source: spec 5.5."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.accounts.models import Account
from crm.accounts.services import archiving
from crm.core.models.text import format_instant
from crm.core.views import PK, Action, ModelView, Preset
from crm.core.views.address import ListAddress
from crm.core.views.display import zone
from crm.core.views.filterbar import Query
from crm.core.views.pages import Note

FILTER, FILLED = "archived_on", 4
ARCHIVED = Preset("archived", _l("Archived"), [(FILTER, FILLED, [])])


def _live(names: Iterable[str]) -> list[ColumnElement[bool]]:
    """The condition that leaves archived accounts out; none where the filters ask for them."""
    return [] if FILTER in names else [Account.archived_on.is_(None)]


class ArchivePages(ModelView):
    """Pages of accounts, some of which are archived."""

    unlisted_filters: ClassVar[Sequence[str]] = (FILTER,)

    def query(
        self,
        address: ListAddress,
        about: Sequence[ColumnElement[bool]] | None = None,
        extra: Sequence[ColumnElement[bool]] = (),
    ) -> Query:
        """Also without archived accounts, but where `about` is the record of another."""
        if about is None:
            about = [*self.base_conditions(), *_live(name for name, *_rest in address.filters)]
        return super().query(address, about, extra)

    def preset_where(self, preset: Preset) -> list[ColumnElement[bool]]:
        found = super().preset_where(preset)
        return [*found, *_live(name for name, *_rest in preset.filters)]

    def notice(self, row: Account) -> Note | None:
        if row.archived_on is None:
            return super().notice(row)
        when = format_instant(row.archived_on, zone())
        return Note(
            "info",
            _("Archived on %(when)s: left out of lists and choices, with all it has.", when=when),
        )

    def record_actions(self, row: Account) -> list[Action]:
        if not row.is_archived:
            return super().record_actions(row)
        url = self.act_url("unarchive", row)
        reopen = Action(_("Reopen"), url, "restore", "post", primary=True)
        return [reopen] if self.may_edit(row) else []

    def head_actions(self, row: Account) -> list[Action]:
        """Of an archived account, nothing that would add to it."""
        return self.record_actions(row) if row.is_archived else super().head_actions(row)

    def record_menu(self, row: Account, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if editable and not row.is_archived:
            menu.insert(0, Action(_("Archive"), self.act_url("archive", row), "archive", "post"))
        return menu

    @expose(f"/archive/{PK}", methods=("POST",))
    @has_access
    def archive(self, pk: int) -> ResponseReturnValue:
        account = self.row(pk, "edit")
        message = _("%(account)s is archived", account=account)
        return self.perform(account, lambda: archiving.archive(account), message, undo="unarchive")

    @expose(f"/unarchive/{PK}", methods=("POST",))
    @has_access
    def unarchive(self, pk: int) -> ResponseReturnValue:
        account = self.row(pk, "edit")
        message = _("%(account)s is no longer archived", account=account)
        return self.perform(account, lambda: archiving.unarchive(account), message)
