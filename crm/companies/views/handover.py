"""The dialog before a user or an agency is deactivated: who gets their records."""

from dataclasses import replace
from typing import Any, ClassVar, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from crm.companies.handover import AGENCY, OWNER, Held, hand_over, held_by, kept_private, numbers
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.errors import DomainError
from crm.core.forms import Dialog
from crm.core.forms.dialog import TICK
from crm.core.models import Label
from crm.core.views.base import views_of

SHOWN = "shown"  # the kinds of records whose numbers the dialog showed


class HandOver(Dialog):
    """Asks for the recipient and which of the records they get; all of them at first.

    The recipient is chosen as the owner, or the agency, of the first kind of records that is held.
    """

    link: ClassVar[str]
    recipient_label: ClassVar[Label]
    recipient_help: ClassVar[Label]
    gives_to_nobody: ClassVar[bool]  # whether records are handed over where no recipient was chosen
    danger: ClassVar[bool] = True
    title = _l("Deactivate %(name)s")
    submit = _l("Deactivate")
    cancel_label = _l("Keep active")

    def __init__(self, row: Any, own: DataModel) -> None:
        self.held = numbers(self.find(row))
        is_own = bool(self.names) or not self.held
        datamodel = own if is_own else self.held[0][0].holding.datamodel
        super().__init__(datamodel, row, views_of(datamodel.obj)[0].picker_base())
        self.title = str(self.title) % {"name": row}
        if self.link in self.fields:
            field = self.fields[self.link]
            field.spec = replace(field.spec, label=self.recipient_label)
            field.help = self.recipient_help
        for one, count in self.held:
            self.add_checkbox(one.holding.key, one.holding.words(count), on=True)
        self.hidden = [(SHOWN, one.holding.key) for one, _count in self.held]
        self.shown: list[str] = []  # when the dialog was opened

    def find(self, row: Any) -> list[Held]:
        """What may be handed over."""
        return held_by(self.link, row.id)

    def field_names(self, row: Any) -> list[str]:
        return [self.link] if self.held or self.names else []

    def set_context(self, row: Any) -> Self:
        """The recipient is of the company of an agency or account, else of any of the actor's."""
        self.row = row
        self.around = {"company": row.company_id} if hasattr(row, "company_id") else {}
        if not self.names:
            self.around["without"] = row.id  # who is deactivated is active until then
        return self

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        """As for a dialog; asks again where nothing was held when it was opened."""
        ok = super().read(posted, before)
        self.shown = posted.getlist(SHOWN)
        for key in (one.holding.key for one, _count in self.held):
            if key not in self.shown:
                self.fields[TICK + key].fill(True, self.zone)
        if self.link in self.fields and self.link not in posted:
            self.form_errors.append(_added())
            return False
        return ok

    def chosen(self) -> list[Held]:
        """What is ticked, or came after the dialog was opened."""
        left = {key for key in self.shown if not self.is_checked(key)}
        return [one for one in self.find(self.row) if one.holding.key not in left]

    def apply(self) -> None:
        """Hand over what is ticked or came after the dialog was opened. Raises DomainError."""
        recipient = self.values.get(self.link)
        if recipient is self.row:
            raise DomainError(_("Not a valid choice."), field=self.link)
        held = self.chosen()
        if self.link not in self.fields and numbers(held):
            raise DomainError(_added())
        if recipient is not None or self.gives_to_nobody:
            hand_over(held, self.link, recipient)


def _added() -> str:
    return _("Records have been added in the meantime; check the numbers and confirm again.")


class HandOverOfUser(HandOver):
    """Without a recipient the records stay with them, and private ones do in any case."""

    link = OWNER
    recipient_label = _l("Hand over to")
    recipient_help = _l("Leave empty to keep the records with this person.")
    gives_to_nobody = False
    intro = _l("They are signed out everywhere and no longer proposed as owner.")
    done_message = _l("User deactivated")

    def __init__(self, row: Any, own: DataModel) -> None:
        super().__init__(row, own)
        kept = ", ".join(one.words(count) for one, count in kept_private(row.id))
        if kept:
            stays = _("Private ones stay with this person, as nobody else sees them:")
            self.intro = f"{self.intro} {stays} {kept}."


class HandOverOfAgency(HandOver):
    """Without another agency the records have none."""

    link = AGENCY
    recipient_label = _l("Move to the agency")
    recipient_help = _l("Leave empty to leave the records without agency.")
    gives_to_nobody = True
    intro = _l(
        "The agency is no longer proposed. Closed records keep it, so past figures do not change."
    )
    done_message = _l("Agency deactivated")
