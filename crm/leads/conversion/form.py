"""The three blocks of the conversion's page, each with forms of its own. Source: spec 4.4."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.accounts.models import Account, AccountKind, Nature
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.views.base import views_of
from crm.leads.conversion.blocks import BLOCKS, CHOOSE, CREATE, LINK, NONE, OTHER, WIDTHS
from crm.leads.models import Lead
from crm.leads.services import Conversion, copying
from crm.opportunities import services as opportunities


class ConversionForm:
    """What is asked of a conversion, as it is typed; `leads` is the table of its pickers."""

    status = 422

    def __init__(self, lead: Lead, leads: DataModel, picker: str) -> None:
        self.lead = lead
        actor = current_actor()
        self.account_modes = [
            mode
            for mode, action in ((CREATE, "create"), (LINK, "read"))
            if actor.can(action, "accounts")
        ]
        self.may_create_contact = actor.can("create", "contacts")
        self.may_create_opportunity = actor.can("create", "opportunities")
        self.existing = Form(leads, ["account", "contact"], picker=picker).set_context(lead)
        self.blocks = {block: self._block(block) for block in BLOCKS}
        self.account_mode = self.account_modes[0] if self.account_modes else ""
        self.nature = str(copying.nature_of(lead))
        self.contact_mode = CREATE if lead.last_name and self.may_create_contact else NONE
        self.has_opportunity = False
        self.chosen = ""  # the account that is ticked: its id, OTHER or ""
        self.sent: dict[str, set[str]] = {}  # block → the names of what was posted
        self.opened: Mapping[str, Mapping[str, Any]] = {}  # block → its values as the page opens

    def _block(self, block: str) -> Form:
        datamodel, names = BLOCKS[block]
        view = views_of(datamodel.obj)[0]
        names = view.visible(names)
        form = Form(datamodel, names, picker=view.picker_base(), widths=WIDTHS[block])
        form.around = {"company": self.lead.company_id}
        return form

    # Values ─────────────────────────────────────────────────────────────────────────────────────

    def fill(self) -> "ConversionForm":
        """As the page opens: what the lead says."""
        lead = self.lead
        proposed = {
            **copying.account_values(lead, Nature(self.nature), with_contact=False),
            "kind": AccountKind(lead.company.default_account_kind),
        }
        values: dict[str, Mapping[str, Any]] = {
            "account": proposed,
            "organization": {"name": lead.organization},
            "person": {**proposed, **_of_person(lead), "name": lead.last_name},
            "contact": copying.contact_values(lead),
            "opportunity": {
                "name": copying.opportunity_name(lead),
                "stage": opportunities.default_stage(),
                "currency": lead.company.currency,
            },
        }
        self.opened = values
        for block, form in self.blocks.items():
            form.fill(values[block])
        self.existing.fill({})
        return self

    def read(self, posted: MultiDict[str, str]) -> None:
        """What was posted; what is not offered is not read."""
        self.opened = {}
        self.account_mode = _one_of(posted.get("account_mode"), self.account_modes)
        self.nature = _one_of(posted.get("nature"), [str(one) for one in Nature])
        self.contact_mode = _one_of(posted.get("contact_mode"), self.contact_modes)
        self.has_opportunity = self.may_create_opportunity and "with_opportunity" in posted
        self.chosen = posted.get("account", "")
        picked = posted.get("other", "") if self.chosen == OTHER else self.chosen
        chosen = {
            "account": picked if self.account_mode == LINK else "",
            "contact": posted.get("contact", "") if self.contact_mode == CHOOSE else "",
            "account_search": posted.get("other_search", "") if self.chosen == OTHER else "",
        }
        self.existing.read(MultiDict(chosen))
        for block, form in self.blocks.items():
            prefix = f"{block}-"
            mine = [
                (name.removeprefix(prefix), text)
                for name, text in posted.items(multi=True)
                if name.startswith(prefix)
            ]
            form.read(MultiDict(mine))
            self.sent[block] = {name for name, _text in mine}
        self._forget_errors()

    def _forget_errors(self) -> None:
        """Nothing is wrong with what does not count, nor with what was not sent."""
        active = set(self.active())
        for block, form in self.blocks.items():
            told = self.sent[block] if block in active else set()
            form.unread = frozenset(form.unread & told)
            for name, field in form.fields.items():
                field.errors = field.errors if name in told else []

    def propose(self, account: Account) -> None:
        """Tick an account that the lead may be of already."""
        self.account_mode, self.chosen = LINK, str(account.id)
        self.existing.values["account"] = account

    @property
    def contact_modes(self) -> list[str]:
        """What may be done about the contact."""
        modes = [CREATE] if self.may_create_contact else []
        modes += [CHOOSE] if current_actor().can("read", "contacts") else []
        return [*modes, NONE]

    def value(self, block: str, name: str) -> Any:
        """What a field of a block says, None where it cannot be read."""
        values = self.opened.get(block) or self.blocks[block].values
        return values.get(name)

    @property
    def account(self) -> Account | None:
        """The existing account that is chosen."""
        is_link = self.account_mode == LINK
        found: Account | None = self.existing.values.get("account") if is_link else None
        return found

    @property
    def account_nature(self) -> Nature:
        """That of the account which the lead becomes or is linked to."""
        return self.account.nature if self.account is not None else Nature(self.nature)

    def active(self) -> Iterator[str]:
        """The blocks that count now."""
        if self.account_mode == CREATE:
            yield from ("account", self.nature)
        if self.contact_mode == CREATE and self.account_nature == Nature.ORGANIZATION:
            yield "contact"
        if self.has_opportunity:
            yield "opportunity"

    @property
    def is_read(self) -> bool:
        """Whether every text that counts says a value."""
        forms = [self.existing, *(self.blocks[block] for block in self.active())]
        return all(form.is_read for form in forms)

    def asked(self) -> Conversion:
        """The conversion that the form asks for; what could not be read counts as empty."""
        known = {block: self._known(block) for block in self.active()}
        new_account = None
        if self.account_mode == CREATE:
            new_account = {"nature": Nature(self.nature), **known["account"], **known[self.nature]}
        chosen = self.existing.values.get("contact") if self.contact_mode == CHOOSE else None
        return Conversion(
            account=self.account,
            new_account=new_account,
            contact=chosen if self.account_mode == LINK else None,
            new_contact=known.get("contact"),
            opportunity=known.get("opportunity"),
        )

    def _known(self, block: str) -> dict[str, Any]:
        """What was posted of a block; the rest is as the lead says."""
        values = self.blocks[block].known_values()
        return {name: value for name, value in values.items() if name in self.sent[block]}

    def require_contact(self) -> None:
        """Whoever chooses a contact says which one."""
        is_asked = self.account_mode == LINK and self.contact_mode == CHOOSE
        field = self.existing.fields["contact"]
        if is_asked and not (field.errors or self.existing.values.get("contact")):
            field.errors = [_("Choose a contact.")]
            self.existing.unread |= {"contact"}

    # Errors ─────────────────────────────────────────────────────────────────────────────────────

    def refuse(self, message: str, fields: Mapping[str, str], status: int) -> None:
        """Put the messages of a DomainError beside the fields concerned, else above the form."""
        self.status = status
        self.existing.refuse(message, {n: text for n, text in fields.items() if "." not in n})
        for name, text in fields.items():
            block, dot, field = name.partition(".")
            if dot:
                self._place_of(block, field).refuse("", {field: text})

    def _place_of(self, block: str, field: str) -> Form:
        if block == "account" and field not in self.blocks["account"].fields:
            return self.blocks[str(self.account_nature)]
        return self.blocks.get(block, self.existing)

    @property
    def form_errors(self) -> list[str]:
        active = [self.existing, *(self.blocks[block] for block in self.active())]
        return [text for form in active for text in form.form_errors]

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(id of the input, label, message) of each error beside a field."""
        active = [self.existing, *(self.blocks[block] for block in self.active())]
        return [line for form in active for line in form.summary]


def _of_person(lead: Lead) -> dict[str, Any]:
    return {name: getattr(lead, name) for name in ("civility", "first_name", "email")}


def _one_of(text: str | None, known: Sequence[str]) -> str:
    """`text` if it is one of `known`, else the first of them."""
    if text is not None and text in known:
        return text
    return known[0] if known else ""
