"""The base of the pages of users, groups and roles: offers only what a flush would allow."""

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder.hooks import before_request

from crm.companies.people.refusals import can_administer
from crm.core.actor import current_actor
from crm.core.views import Action, ModelView

CHANGES = ("create", "edit", "delete")


class PeopleView(ModelView):
    """Views of the entity "Users, groups, roles" of the grid."""

    class_permission_name = "users"
    exclude_route_methods = ModelView.exclude_route_methods | {"bin", "restore", "totals"}

    def can(self, action: str) -> bool:
        return super().can(action) and (
            action not in CHANGES or can_administer(current_actor(), action)
        )

    @before_request
    def _for_those_who_administer(self) -> ResponseReturnValue | None:
        method = (request.endpoint or "").rpartition(".")[2]
        if not self.can(self.method_permission_name.get(method, "read")):
            abort(403)
        return None

    def row_actions(self, row: Any) -> list[Action]:
        return super().row_actions(row) if self.can("edit") and self.may_edit(row) else []
