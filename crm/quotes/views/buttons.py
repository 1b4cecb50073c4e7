"""Which acts a quote offers, as buttons and in its menu. Source: spec 8.4."""

from collections.abc import Iterator, Mapping

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.models import Label
from crm.core.views import Action, ModelView
from crm.quotes.models import Quote
from crm.quotes.services import approval, states
from crm.quotes.services.states import Act

# Act → label, icon, whether a dialog asks first; the last one that is allowed is the primary one.
BUTTONS: Mapping[Act, tuple[Label, str, bool]] = {
    Act.REPLACE: (_l("New version"), "versions", False),
    Act.REFUSE: (_l("Refuse"), "circle-x", True),
    Act.EXTEND: (_l("Extend"), "clock", True),
    Act.FINALISE: (_l("Finalise"), "lock", True),
    Act.ACCEPT: (_l("Accept"), "circle-check", True),
}
MENU: Mapping[Act, tuple[Label, str, bool]] = {
    Act.SEND: (_l("Mark as sent"), "send", False),
    Act.DUPLICATE: (_l("Duplicate"), "copy", False),
    Act.CANCEL: (_l("Cancel the quote"), "ban", True),
}
PRIMARY = (Act.FINALISE, Act.ACCEPT, Act.EXTEND)


class QuoteButtons(ModelView):
    """What is offered for a quote, and what is not."""

    def record_actions(self, row: Quote) -> list[Action]:
        return [*self._approvals(row), *self._offered(row, BUTTONS)]

    def record_menu(self, row: Quote, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if not row.is_draft:
            menu = [one for one in menu if not one.url.startswith(self.url_prefix("delete"))]
        return [*self._offered(row, MENU), *menu]

    def _offered(
        self, row: Quote, table: Mapping[Act, tuple[Label, str, bool]]
    ) -> Iterator[Action]:
        for act, (label, icon, asks) in table.items():
            if states.refusal(row, act) or not self._has_right(row, act):
                continue
            url = self.url(act.value, pk=row.id) if asks else self.act_url(act.value, row)
            yield Action(
                str(label),
                url,
                icon,
                "get" if asks else "post",
                primary=act in PRIMARY,
                opens_dialog=asks,
            )

    def _has_right(self, row: Quote, act: Act) -> bool:
        if act is Act.DUPLICATE:
            return self.can("create")
        return self.may("edit", row) and (act is not Act.REPLACE or self.can("create"))

    def _approvals(self, row: Quote) -> Iterator[Action]:
        if not row.is_draft or not approval.may_approve() or not self.may("edit", row):
            return
        if row.approved_by_id is not None:
            url = self.act_url("withdraw", row)
            yield Action(_("Withdraw the approval"), url, "arrow-back-up", "post")
        elif approval.needs_approval(row):
            yield Action(_("Approve"), self.act_url("approve", row), "circle-check", "post")

    # What cannot be changed is not offered for it ───────────────────────────────────────────────

    def may_edit(self, row: Quote) -> bool:
        return row.is_draft and super().may_edit(row)

    def in_place(self, row: Quote) -> list[str]:
        return super().in_place(row) if row.is_draft else []

    def change(self, row: Quote) -> ResponseReturnValue:
        if request.method == "GET" and (message := states.refusal(row, Act.EDIT)):
            return self.refused(row, message)
        return super().change(row)
