"""The dialogs of a quote: finalise, accept, refuse, cancel, extend. Source: spec 8.4."""

from datetime import timedelta
from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import AccountKind
from crm.companies.days import today
from crm.companies.settings import company_settings
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.files.checking import PDF
from crm.core.files.storing import store
from crm.core.forms import Dialog
from crm.opportunities.models import StageKind
from crm.quotes.models import Quote
from crm.quotes.services.finalising import coming_number, stage_after

ZERO, LOSE = "zero", "lose"  # checkboxes


class FinaliseQuote(Dialog):
    """Says what finalising does; asks again where the total is zero."""

    row: Quote
    title = _l("Finalise the quote")
    submit = _l("Finalise")
    cancel_label = _l("Keep the draft")
    done_message = _l("Quote finalised")

    def __init__(self, datamodel: DataModel, row: Quote, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        self.intro = " ".join(self._consequences())
        if not row.total_incl:
            self.add_checkbox(ZERO, _("Finalise it although the total is zero"), on=False)

    def _consequences(self) -> list[str]:
        number = coming_number(self.row)
        sentences = [
            _("It gets the number %(number)s and can no longer be changed.", number=number)
            if self.row.number is None
            else _("It keeps the number %(number)s and can no longer be changed.", number=number)
        ]
        deal = self.row.opportunity
        if deal is not None and (stage := stage_after(deal)) is not None:
            words = _("The opportunity %(name)s moves to %(stage)s.", name=deal, stage=stage)
            sentences.append(words)
        return sentences


class AcceptQuote(Dialog):
    """Asks who accepted and when, and for the signed PDF."""

    row: Quote
    names = ("accepted_on", "accepted_by", "signed_pdf")
    required = ("accepted_on", "accepted_by")
    title = _l("Accept the quote")
    submit = _l("Accept")
    cancel_label = _l("Not yet")
    done_message = _l("Quote accepted")

    def __init__(self, datamodel: DataModel, row: Quote, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        account = row.account
        if account is not None and account.kind == AccountKind.PROSPECT:
            self.intro = _("%(account)s becomes a client.", account=account)
        self.fields["signed_pdf"].accept = PDF.accept

    def initial_values(self) -> Values:
        contact = self.row.contact
        return {
            "accepted_on": today(self.row.company.time_zone),
            "accepted_by": str(contact) if contact is not None else None,
        }

    def prepare(self) -> None:
        """Check and keep the upload, which takes seconds."""
        if self.values.get("signed_pdf") is not None:
            self.values["signed_pdf"] = store(self.values["signed_pdf"], PDF, "signed_pdf")


class RefuseQuote(Dialog):
    """Asks why, and whether the opportunity is lost with it."""

    row: Quote
    names = ("refusal_reason",)
    required = ("refusal_reason",)
    title = _l("Refuse the quote")
    submit = _l("Refuse")
    cancel_label = _l("Keep the quote open")
    done_message = _l("Quote refused")
    danger: ClassVar[bool] = True

    def __init__(self, datamodel: DataModel, row: Quote, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        deal = row.opportunity
        if deal is not None and deal.stage.kind == StageKind.OPEN:
            label = _("Then lose the opportunity %(name)s", name=deal)
            self.add_checkbox(LOSE, label, on=False)


class CancelQuote(Dialog):
    """Asks why."""

    names = ("cancellation_reason",)
    required = ("cancellation_reason",)
    title = _l("Cancel the quote")
    intro = _l("The customer can no longer accept it. Its number is not reused.")
    submit = _l("Cancel the quote")
    cancel_label = _l("Keep it")
    done_message = _l("Quote cancelled")
    danger: ClassVar[bool] = True


class ExtendQuote(Dialog):
    """Asks until when."""

    row: Quote
    names = ("valid_until",)
    required = ("valid_until",)
    title = _l("Extend the validity")
    submit = _l("Extend")
    cancel_label = _l("Leave it expired")
    done_message = _l("Validity extended")

    def initial_values(self) -> dict[str, Any]:
        days = company_settings(self.row.company_id).quote_validity_days
        return {"valid_until": today(self.row.company.time_zone) + timedelta(days=days)}
