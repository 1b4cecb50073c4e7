"""The check of lost reasons, for leads, prospects and opportunities. Source: spec 4.3 and 7.3."""

from typing import Any

from flask_babel import gettext as _

from crm.core.errors import DomainError

LOSS = ("lost_reason", "lost_comment")  # the fields of a loss


def check_reason(row: Any, is_for: str, refusal: str) -> None:
    """Refuse a reason without the flag `is_for`, or without the comment that it asks for.

    Raises DomainError on `lost_reason`, `lost_comment`.
    """
    reason = row.lost_reason
    if reason is None:
        return
    if not reason.active or not getattr(reason, is_for):
        raise DomainError(refusal, field="lost_reason")
    if reason.free_text and not row.lost_comment:
        raise DomainError(_("Add a comment for this reason."), field="lost_comment")
