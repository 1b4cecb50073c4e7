"""The statuses of prospects on their pages, and becoming a client. Source: spec 5.1 and 5.6."""

from flask import abort
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.accounts.models import Account, AccountKind
from crm.accounts.queries import open_statuses
from crm.accounts.services import prospects
from crm.accounts.views.losing import LoseProspect
from crm.core.views import PK, Action, ModelView, RecordPage, choices_of

STATUS_VERBS = ("make_client", "change_status", "win", "lose", "reopen")


class StatusPages(ModelView):
    """Win, lose and reopen a prospect; without managed statuses, make it a client."""

    def offer_statuses(self, page: RecordPage, row: Account) -> None:
        """Let the status of an open prospect be changed in the headline."""
        if not page.edit_url or not self._is_open(row):
            return
        for field in page.headline:
            if field.name == "prospect_status":
                statuses = self.datamodel.session.scalars(open_statuses())
                field.choices = choices_of(statuses, row.prospect_status)
                field.action = self.act_url("change_status", row)

    def _is_open(self, row: Account) -> bool:
        """Whether it is an open prospect, while statuses are managed."""
        is_managed = bool(self.visible(["prospect_status"]))
        return is_managed and not prospects.closing_refusal(row)

    def record_actions(self, row: Account) -> list[Action]:
        if row.kind == AccountKind.CLIENT or not self.may_edit(row):
            return []
        if not self.visible(["prospect_status"]):
            url = self.act_url("make_client", row)
            return [Action(_("Make a client"), url, "building-skyscraper", "post")]
        if not self._is_open(row):
            return [Action(_("Reopen"), self.act_url("reopen", row), "restore", "post")]
        return [
            Action(_("Lose"), self.url("lose", pk=row.id), "circle-x", opens_dialog=True),
            Action(_("Win"), self.act_url("win", row), "trophy", "post"),
        ]

    def _managed(self, pk: int) -> Account:
        """The account to be edited; 404 while statuses are not managed."""
        if not self.visible(["prospect_status"]):
            abort(404)
        account: Account = self.row(pk, "edit")
        return account

    @expose(f"/make_client/{PK}", methods=("POST",))
    @has_access
    def make_client(self, pk: int) -> ResponseReturnValue:
        account = self.row(pk, "edit")
        message = _("%(account)s is now a client", account=account)
        return self.perform(account, lambda: prospects.become_client(account), message)

    @expose(f"/change_status/{PK}", methods=("POST",))
    @has_access
    def change_status(self, pk: int) -> ResponseReturnValue:
        account = self._managed(pk)
        values = {"prospect_status": self.posted_related("prospect_status")}
        return self.perform(account, lambda: self.datamodel.update(account, values))

    @expose(f"/win/{PK}", methods=("POST",))
    @has_access
    def win(self, pk: int) -> ResponseReturnValue:
        account = self._managed(pk)
        message = _("%(account)s is now a client", account=account)
        return self.perform(account, lambda: prospects.win(account), message)

    @expose(f"/lose/{PK}", methods=("GET", "POST"))
    @has_access
    def lose(self, pk: int) -> ResponseReturnValue:
        account = self._managed(pk)
        dialog = LoseProspect(self.datamodel, account, self.picker_base())

        def lose() -> None:
            prospects.lose(account, **dialog.values)

        refusal = prospects.closing_refusal(account)
        return self.perform_with_dialog(account, dialog, lose, undo="reopen", refusal=refusal)

    @expose(f"/reopen/{PK}", methods=("POST",))
    @has_access
    def reopen(self, pk: int) -> ResponseReturnValue:
        account = self._managed(pk)
        return self.perform(account, lambda: prospects.reopen(account), _("Prospect reopened"))
