"""The dialog that hands over an account: to whom, and what goes along. Source: spec 5.5."""

from flask_babel import lazy_gettext as _l

from crm.accounts.models import Account
from crm.accounts.services.handing_over import hand_over
from crm.companies.handover import OWNER, Held, along_with
from crm.companies.views.handover import HandOver


class ChangeOwner(HandOver):
    """Closed records keep their owner, and private events in any case."""

    names = (OWNER,)
    required = (OWNER,)
    link = OWNER
    recipient_label = _l("Account owner")
    recipient_help = _l(
        "Ticked records are handed over too. Closed records and private events keep their owner."
    )
    gives_to_nobody = False
    danger = False
    cancel_label = _l("Keep the owner")
    title = _l("Change owner")
    submit = _l("Hand over")
    done_message = _l("Owner changed")

    def find(self, row: Account) -> list[Held]:
        return along_with(row.id, OWNER)

    def apply(self) -> None:
        """Hand over the account and what is ticked. Raises Forbidden, DomainError."""
        along = [one.holding.key for one in self.chosen()]
        hand_over(self.row, owner=self.values.get(OWNER), along=along)
