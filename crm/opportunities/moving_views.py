"""What is done with an opportunity: stages, Win and Lose, its copy. Source: spec 7.2 and 7.3."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.companies.views.owned import OwnedView
from crm.core.actor import per_request
from crm.core.db import transaction
from crm.core.views import PK, Action
from crm.core.views.prefill import read_prefill
from crm.opportunities import services
from crm.opportunities.forms import TERMS, LoseOpportunity, WinOpportunity
from crm.opportunities.models import Opportunity, Stage, StageKind
from crm.opportunities.queries import open_stages


class OpportunityMoves(OwnedView):
    """The actions on an opportunity, and the buttons that lead to them."""

    method_actions: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("move", "next_stage", "win", "lose", "reopen", "take_charge"), "edit"),
        "duplicate": "create",
    }

    def record_actions(self, row: Opportunity) -> list[Action]:
        actions = self._taking(row)
        if not self.may_edit(row):
            return actions
        if row.is_closed:
            url = self.act_url("reopen", row)
            return [Action(_("Reopen"), url, "restore", "post", primary=True)]
        return [
            *actions,
            Action(_("Lose"), self.url("lose", pk=row.id), "circle-x", opens_dialog=True),
            Action(_("Win"), self.url("win", pk=row.id), "trophy", primary=True, opens_dialog=True),
        ]

    def record_menu(self, row: Opportunity, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if self.can("create"):
            menu.insert(0, Action(_("Duplicate"), self.act_url("duplicate", row), "copy", "post"))
        if editable and not row.is_closed:
            menu.insert(0, self._next_stage(row))
        return menu

    def open_stages(self) -> Sequence[Stage]:
        """The open stages in order, read once a request."""
        return per_request(
            "open_stages", lambda: self.datamodel.session.scalars(open_stages()).all()
        )

    def _next_stage(self, row: Opportunity) -> Action:
        """To the next open stage; from the last one it opens the dialog Win."""
        if services.stage_after(row.stage, self.open_stages()) is None:
            url = self.url("win", pk=row.id)
            return Action(_("Next stage"), url, "arrow-right", opens_dialog=True)
        return Action(_("Next stage"), self.act_url("next_stage", row), "arrow-right", "post")

    def take(self, row: Opportunity) -> None:
        services.take_charge(row)

    def row_actions(self, row: Opportunity) -> list[Action]:
        return [*self._taking(row), *super().row_actions(row)]

    def _taking(self, row: Opportunity) -> list[Action]:
        """The button "Take charge" of an open opportunity that is unassigned."""
        is_offered = not row.is_closed and row.owner_id is None and self.can("edit")
        return [self.taking_charge(row)] if is_offered else []

    @expose(f"/move/{PK}/<int(max=2147483647):stage_pk>", methods=("POST",))
    @has_access
    def move(self, pk: int, stage_pk: int) -> ResponseReturnValue:
        opportunity = self.row(pk, "edit")
        stage = self.datamodel.get_related_obj("stage", stage_pk) or abort(404)
        if stage.kind != StageKind.OPEN:
            return redirect(self.url("win" if stage.kind == StageKind.WON else "lose", pk=pk), 303)
        return self.perform(
            opportunity, lambda: self.datamodel.update(opportunity, {"stage": stage})
        )

    @expose(f"/next_stage/{PK}", methods=("POST",))
    @has_access
    def next_stage(self, pk: int) -> ResponseReturnValue:
        opportunity = self.row(pk, "edit")
        is_last = services.stage_after(opportunity.stage, self.open_stages()) is None
        if is_last and not opportunity.is_closed:
            return redirect(self.url("win", pk=pk), 303)
        return self.perform(opportunity, lambda: services.next_stage(opportunity))

    @expose(f"/duplicate/{PK}", methods=("POST",))
    @has_access
    def duplicate(self, pk: int) -> ResponseReturnValue:
        opportunity = self.row(pk)
        self.checked_version(opportunity)
        with transaction():
            copy = services.duplicate(opportunity)
        return self.to_record(copy, _("Opportunity duplicated"))

    @expose(f"/win/{PK}", methods=("GET", "POST"))
    @has_access
    def win(self, pk: int) -> ResponseReturnValue:
        opportunity = self.row(pk, "edit")
        # An accepted quote says in the address what it came to.
        has_recurring = TERMS[0] in request.values and bool(self.visible(TERMS[:1]))
        dialog = WinOpportunity(self.datamodel, opportunity, self.picker_base(), has_recurring)
        dialog.proposed = read_prefill(dialog, {"amount", *TERMS} & dialog.fields.keys()).values

        def win() -> None:
            chosen, losing = dialog.also_lose, dialog.losing
            services.win(opportunity, also_lose=chosen, losing=losing, **dialog.outcome)

        refusal = services.closing_refusal(opportunity)
        return self.perform_with_dialog(opportunity, dialog, win, undo="reopen", refusal=refusal)

    @expose(f"/lose/{PK}", methods=("GET", "POST"))
    @has_access
    def lose(self, pk: int) -> ResponseReturnValue:
        opportunity = self.row(pk, "edit")
        dialog = LoseOpportunity(self.datamodel, opportunity, self.picker_base())

        def lose() -> None:
            services.lose(
                opportunity,
                cancel_events=dialog.is_checked("cancel_events"),
                cancel_quotes=dialog.is_checked("cancel_quotes"),
                **dialog.values,
            )

        refusal = services.closing_refusal(opportunity)
        return self.perform_with_dialog(opportunity, dialog, lose, undo="reopen", refusal=refusal)

    @expose(f"/reopen/{PK}", methods=("POST",))
    @has_access
    def reopen(self, pk: int) -> ResponseReturnValue:
        opportunity = self.row(pk, "edit")
        message = _("Opportunity reopened")
        return self.perform(opportunity, lambda: services.reopen(opportunity), message)
