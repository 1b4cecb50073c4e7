"""The dialogs Win and Lose of opportunities. Source: spec 7.3."""

from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import AccountKind
from crm.accounts.services.reasons import LOSS
from crm.accounts.views.losing import ReasonDialog
from crm.companies.days import today
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.models.text import format_money
from crm.opportunities.models import Opportunity
from crm.opportunities.services import Outcome, losable
from crm.opportunities.signals import losing

# Of what recurs, as an accepted quote proposes it.
TERMS = ("recurring_amount", "recurring_period", "recurring_duration")


class _Closing(ReasonDialog):
    """Asks for the closing day, and maybe for a reason."""

    row: Opportunity
    is_for = "for_opportunities"

    def initial_values(self) -> Values:
        return {"closed_on": today(self.row.company.time_zone)}


class LoseOpportunity(_Closing):
    """Asks for reason and day, and whether to cancel planned events and open quotes."""

    names = (*LOSS, "closed_on")
    required = ("lost_reason", "closed_on")
    title = _l("Lose the opportunity")
    submit = _l("Lose")
    cancel_label = _l("Keep the opportunity")
    done_message = _l("Opportunity lost")
    danger: ClassVar[bool] = True

    def __init__(self, datamodel: DataModel, row: Opportunity, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        self.intro = _("%(opportunity)s leaves the open opportunities. You can reopen it.",
                       opportunity=row)  # fmt: skip
        for _receiver, answer in losing.send(row):
            if answer is not None:
                self.add_checkbox(*answer, on=True)


class WinOpportunity(_Closing):
    """Asks for day, final amount, a missing account, and other opportunities to lose.

    With `has_recurring`, where a quote proposes it, for what recurs too.
    """

    names = ("closed_on", "amount", "account", *LOSS)
    required = ("closed_on",)
    title = _l("Win the opportunity")
    submit = _l("Win")
    cancel_label = _l("Keep it open")
    done_message = _l("Opportunity won")

    def __init__(
        self, datamodel: DataModel, row: Opportunity, picker: str = "", has_recurring: bool = False
    ) -> None:
        self.others, self.has_recurring = losable(row), has_recurring
        self.proposed: Values = {}
        super().__init__(datamodel, row, picker)
        self.intro = self._consequences()
        for other in self.others:
            amount = f", {format_money(other.amount, other.currency)}" if other.amount else ""
            label = _("Lose %(name)s", name=f"{other.reference} {other.name}{amount}")
            self.add_checkbox(str(other.id), label, on=False)
        for name in LOSS if self.others else ():  # after the checkboxes of the other opportunities
            self.fields[name] = self.fields.pop(name)

    def initial_values(self) -> Values:
        return {**super().initial_values(), **self.proposed}

    def _consequences(self) -> str:
        account = self.row.account
        sentences = []
        if account is not None and account.kind == AccountKind.PROSPECT:
            sentences.append(_("%(account)s becomes a client.", account=account))
        if self.others:
            sentences.append(
                _("Select the opportunities lost with this decision, and give the reason.")
            )
        return " ".join(sentences)

    def field_names(self, row: Opportunity) -> list[str]:
        names = ["closed_on", "amount", *(TERMS if self.has_recurring else ())]
        names += (
            ["account"] if row.account is None else []
        )  # also where the account is out of reach
        return names + (list(LOSS) if self.others else [])

    @property
    def also_lose(self) -> list[Opportunity]:
        """The other opportunities that were ticked."""
        return [other for other in self.others if self.is_checked(str(other.id))]

    @property
    def outcome(self) -> dict[str, Any]:
        """The values for the opportunity that is won."""
        return {name: value for name, value in self.values.items() if name not in LOSS}

    @property
    def losing(self) -> Outcome:
        """The values for the others, which are lost."""
        return {
            "lost_reason": self.values.get("lost_reason"),
            "lost_comment": self.values.get("lost_comment"),
            "closed_on": self.values.get("closed_on"),
        }
