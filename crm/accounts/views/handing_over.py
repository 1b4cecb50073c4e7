"""An account changes its owner or agency, with what goes along. Source: spec 5.5 and 11."""

from flask import abort
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.accounts.models import Account
from crm.accounts.services import handing_over
from crm.accounts.views.agency import MoveAgency
from crm.accounts.views.owner import ChangeOwner
from crm.core.views import PK, Action, ModelView


class HandOverPages(ModelView):
    """The two dialogs, and their entries in the menu."""

    def record_menu(self, row: Account, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if editable and self.visible(["agency"]):
            url = self.url("move_agency", pk=row.id)
            menu.insert(0, Action(_("Change the agency"), url, "map-pin", opens_dialog=True))
        if editable and handing_over.may_hand_over():
            url = self.url("change_owner", pk=row.id)
            menu.insert(0, Action(_("Change owner"), url, "users", opens_dialog=True))
        return menu

    @expose(f"/move_agency/{PK}", methods=("GET", "POST"))
    @has_access
    def move_agency(self, pk: int) -> ResponseReturnValue:
        if not self.visible(["agency"]):
            abort(404)
        account = self.row(pk, "edit", ["agency"])
        dialog = MoveAgency(account, self.datamodel)
        return self.perform_with_dialog(account, dialog, dialog.apply)

    @expose(f"/change_owner/{PK}", methods=("GET", "POST"))
    @has_access
    def change_owner(self, pk: int) -> ResponseReturnValue:
        account = self.row(pk, "edit", ["owner"])
        if not handing_over.may_hand_over():
            abort(403)
        dialog = ChangeOwner(account, self.datamodel)
        return self.perform_with_dialog(account, dialog, dialog.apply)
