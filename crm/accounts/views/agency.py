"""The dialog that moves an account to another agency: what goes along. Source: spec 11."""

from flask_babel import lazy_gettext as _l

from crm.accounts.models import Account
from crm.accounts.services import account as services
from crm.companies.handover import AGENCY, Held, along_with
from crm.companies.views.handover import HandOver


class MoveAgency(HandOver):
    """Closed records keep their agency, so that past figures do not change."""

    names = (AGENCY,)
    link = AGENCY
    recipient_label = _l("Agency")
    recipient_help = _l("Ticked records move along. Closed records keep their agency.")
    gives_to_nobody = True
    danger = False
    cancel_label = _l("Keep the agency")
    title = _l("Change the agency")
    submit = _l("Move")
    done_message = _l("Agency changed")

    def find(self, row: Account) -> list[Held]:
        return along_with(row.id)

    def apply(self) -> None:
        """Move the account, then what is ticked. Raises DomainError."""
        services.update(self.row, {AGENCY: self.values.get(AGENCY)})
        super().apply()
