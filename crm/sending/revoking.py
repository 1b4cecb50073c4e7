"""The end of the personal links that stand in a message."""

from collections.abc import Sequence
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from crm.core.errors import DomainError
from crm.core.links import services as links
from crm.core.links.models import PublicLink
from crm.core.views import Action
from crm.mail.models import Message


def valid_links(message: Message) -> Sequence[PublicLink]:
    """Those that still open something."""
    return [one.link for one in message.catalog_links if one.link.is_valid]


def revoked_at(message: Message) -> datetime | None:
    """When its links were revoked; None while one of them is valid, and where there is none."""
    times = [one.link.revoked_at for one in message.catalog_links]
    revoked = [time for time in times if time is not None]
    return max(revoked) if revoked and len(revoked) == len(times) else None


def revoke(message: Message) -> None:
    """Let nobody open the links any more, whoever has the mail. Raises DomainError."""
    valid = valid_links(message)
    if not valid:
        raise DomainError(_("This e-mail has no link that is still valid."))
    for one in valid:
        links.revoke(one)


def revoke_action(message: Message) -> Action:
    """The button, on the page of the message and where it is listed."""
    asked = _("The link in this e-mail opens nothing any more. This cannot be undone.")
    url = url_for("MessageView.revoke", pk=message.id, row_version=message.row_version)
    return Action(_("Revoke the link"), url, "link-off", "post", danger=True, confirm=asked)
