"""The button and the endpoint "Take charge"."""

from typing import Any, ClassVar

from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.companies import owners
from crm.core.models import Label
from crm.core.views import PK, Action, ModelView


class OwnedView(ModelView):
    """Views of records with an owner; `taken` is the message after "Take charge"."""

    taken: ClassVar[Label]

    def take(self, row: Any) -> None:
        owners.assign_to_me(row, self.datamodel.rules)

    def taking_charge(self, row: Any) -> Action:
        return Action(_("Take charge"), self.act_url("take_charge", row), "user-check", "post")

    @expose(f"/take_charge/{PK}", methods=("POST",))
    @has_access
    def take_charge(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk)
        return self.perform(row, lambda: self.take(row), str(self.taken))
