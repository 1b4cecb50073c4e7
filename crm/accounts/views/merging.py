"""Merging of accounts: prospects and clients on one page. Source: spec 6.4."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from flask import flash, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.accounts.models import Account, AccountKind
from crm.accounts.queries import same_emails
from crm.accounts.services import merging
from crm.core.merging import Moving
from crm.core.views.merging import MergePages

MOST_NAMED = 10  # contacts with the same e-mail address


class AccountMerging(MergePages):
    """The words of accounts for their merge, and what it leaves to do."""

    merge_rules = merging.ACCOUNTS
    merge_first: ClassVar[Sequence[str]] = ("kind",)

    def merge_url(self, ids: Sequence[int]) -> str:
        """One page for prospects and clients."""
        return f"{url_for('ClientView.merge')}?ids={','.join(map(str, ids))}"

    def merge_details(self, row: Account) -> str:
        kind = self.field_of(row, "kind").text
        return " · ".join((row.reference, kind, super().merge_details(row)))

    def short_name(self, row: Account) -> str:
        return f"{row} ({row.reference})"

    def kept_words(self, kept: Account, records: Sequence[Any]) -> str:
        name = self.short_name(kept)
        if kept.kind != AccountKind.CLIENT and any(r.kind == AccountKind.CLIENT for r in records):
            return _("%(name)s is kept and becomes a client.", name=name)
        return _("%(name)s is kept.", name=name)

    def moving_words(self, count: int, merged: type[Any]) -> str:
        return ngettext(
            "%(num)s subsidiary moves to it.", "%(num)s subsidiaries move to it.", count
        )

    # Contacts with the same e-mail address ──────────────────────────────────────────────────────

    def merge_consequences(
        self, records: Sequence[Any], kept: Account, moving: Moving
    ) -> Iterator[tuple[str, str]]:
        """Also which contacts are left with the same e-mail address: nobody merges them unasked."""
        yield from super().merge_consequences(records, kept, moving)
        if names := self._same_emails([row.id for row in records]):
            yield (
                "alert-circle",
                _("Contacts of theirs have the same e-mail address: %(names)s.", names=names),
            )

    def tell_merged(self, kept: Account) -> None:
        if names := self._same_emails([kept.id]):
            flash(
                _(
                    "These contacts have the same e-mail address: %(names)s. "
                    "Merge them if they are one person.",
                    names=names,
                ),
                "warning",
            )

    def _same_emails(self, account_ids: Sequence[int]) -> str:
        """The names of the contacts, those of one address side by side."""
        found = self.datamodel.session.scalars(same_emails(account_ids).limit(MOST_NAMED + 1))
        names = [str(contact) for contact in found.unique()]
        return ", ".join([*names[:MOST_NAMED], *("…" for _name in names[MOST_NAMED:])])
