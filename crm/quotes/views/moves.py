"""The addresses of the acts of a quote. Source: spec 8.4."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.companies.settings import setting
from crm.core import rows
from crm.core.forms import Dialog
from crm.core.views import PK
from crm.core.views.base import view_of
from crm.opportunities.models import StageKind
from crm.quotes import forms
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.recurring import proposed_texts
from crm.quotes.services import approval, finalising, moves, states, versions
from crm.quotes.services.finalising import Prepared
from crm.quotes.services.states import Act
from crm.quotes.views.buttons import QuoteButtons


class QuoteMoves(QuoteButtons):
    """What can be done to a quote."""

    method_actions: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            ("finalise", "mark_sent", "accept", "refuse", "extend", "cancel", "approve",
             "withdraw"),
            "edit",
        ),
        **dict.fromkeys(("new_version", "duplicate"), "create"),
    }  # fmt: skip

    @expose(f"/finalise/{PK}", methods=("GET", "POST"))
    @has_access
    def finalise(self, pk: int) -> ResponseReturnValue:
        if request.method == "GET":
            return self._ask_to_finalise(self.row(pk, "edit"), None)
        return finalising.finalised(lambda: self.row(pk, "edit"), self._ask_to_finalise)

    def _ask_to_finalise(self, quote: Quote, prepared: Prepared | None) -> ResponseReturnValue:
        dialog = forms.FinaliseQuote(self.datamodel, quote)

        def finalise() -> None:
            accept_zero = dialog.is_checked(forms.ZERO)
            finalising.finalise(quote, prepared, accept_zero=accept_zero)

        return self._asked(quote, Act.FINALISE, dialog, finalise)

    @expose(f"/mark_sent/{PK}", methods=("POST",))
    @has_access
    def mark_sent(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        return self.perform(quote, lambda: moves.mark_sent(quote), _("Quote marked as sent"))

    @expose(f"/accept/{PK}", methods=("GET", "POST"))
    @has_access
    def accept(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        dialog = forms.AcceptQuote(self.datamodel, quote)
        dialog.files = request.files
        answer = self._asked(
            quote, Act.ACCEPT, dialog, lambda: moves.accept(quote, **dialog.values)
        )
        return self._then(answer, quote, QuoteStatus.ACCEPTED, "win")

    @expose(f"/refuse/{PK}", methods=("GET", "POST"))
    @has_access
    def refuse(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        dialog = forms.RefuseQuote(self.datamodel, quote)
        answer = self._asked(
            quote, Act.REFUSE, dialog, lambda: moves.refuse(quote, **dialog.values)
        )
        loses = dialog.is_checked(forms.LOSE)
        return self._then(answer, quote, QuoteStatus.REFUSED, "lose") if loses else answer

    @expose(f"/cancel/{PK}", methods=("GET", "POST"))
    @has_access
    def cancel(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        dialog = forms.CancelQuote(self.datamodel, quote)
        return self._asked(quote, Act.CANCEL, dialog, lambda: moves.cancel(quote, **dialog.values))

    @expose(f"/extend/{PK}", methods=("GET", "POST"))
    @has_access
    def extend(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        dialog = forms.ExtendQuote(self.datamodel, quote)
        return self._asked(quote, Act.EXTEND, dialog, lambda: moves.extend(quote, **dialog.values))

    @expose(f"/approve/{PK}", methods=("POST",))
    @has_access
    def approve(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        return self.perform(quote, lambda: approval.approve(quote), _("Quote approved"))

    @expose(f"/withdraw/{PK}", methods=("POST",))
    @has_access
    def withdraw(self, pk: int) -> ResponseReturnValue:
        quote = self.row(pk, "edit")
        return self.perform(quote, lambda: approval.withdraw(quote), _("Approval withdrawn"))

    @expose(f"/new_version/{PK}", methods=("POST",))
    @has_access
    def new_version(self, pk: int) -> ResponseReturnValue:
        return self._copied(self.row(pk, "edit"), versions.new_version, _("New version created"))

    @expose(f"/duplicate/{PK}", methods=("POST",))
    @has_access
    def duplicate(self, pk: int) -> ResponseReturnValue:
        return self._copied(self.row(pk), versions.duplicate, _("Quote duplicated"))

    # ────────────────────────────────────────────────────────────────────────────────────────────

    def _asked(
        self, quote: Quote, act: Act, dialog: Dialog, verb: Callable[[], None]
    ) -> ResponseReturnValue:
        refusal = states.refusal(quote, act)
        return self.perform_with_dialog(quote, dialog, verb, refusal=refusal)

    def _copied(
        self, quote: Quote, copy: Callable[[Quote], Quote], done: str
    ) -> ResponseReturnValue:
        made: list[Quote] = []
        answer = self.perform(quote, lambda: made.append(copy(quote)))
        return self.to_record(made[0], done) if made else answer

    def _then(
        self, answer: ResponseReturnValue, quote: Quote, status: QuoteStatus, verb: str
    ) -> ResponseReturnValue:
        """The dialog of the opportunity, once the quote has this status (spec 8.4)."""
        deal: Any = quote.opportunity
        if request.method == "GET" or quote.status != status or deal is None:
            return answer
        is_open = deal.stage.kind == StageKind.OPEN
        if verb == "win" and not setting("win_on_quote_acceptance"):
            return answer
        if not is_open or not rows.may(self.datamodel.session, "edit", deal):
            return answer
        said = proposed_texts(quote) if verb == "win" else {}
        return redirect(view_of(deal).url(verb, pk=deal.id, **said), 303)
