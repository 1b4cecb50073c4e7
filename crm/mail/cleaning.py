"""The text of a mail as a page of ours may show it."""

import nh3
from markupsafe import Markup, escape

from crm.core.models import rich_text
from crm.mail.models import Message

TAGS = rich_text.TAGS | {"hr"}


def as_sent(message: Message) -> Markup:
    """The body for display: without anything that loads, runs or has a style."""
    if message.body_html:
        shown = nh3.clean(
            message.body_html,
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer",
        )
        return Markup(shown)  # noqa: S704  just cleaned
    lines = (escape(line) for line in message.body_text.splitlines())
    return Markup("<p>") + Markup("<br>").join(lines) + Markup("</p>")
