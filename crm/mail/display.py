"""Display of a message: signs of its status, the records it is about, its tries."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from markupsafe import Markup

from crm.core.actor import current_actor
from crm.core.datamodel.paging import COUNT_CAP
from crm.core.models import Label, rich_text
from crm.core.models.text import format_instant, format_near
from crm.core.views import Field, Note, RecordPage
from crm.core.views.display import zone
from crm.core.views.list_parts import count_text
from crm.mail.models import RELATED, Answer, Message, MessageAttempt, MessageKind, MessageState
from crm.mail.schedule import MOST_TRIES
from crm.mail.services import Retried

# state → its icon and hue.
SIGNS = {
    MessageState.DRAFT: ("circle-dashed", "gray"),
    MessageState.QUEUED: ("clock", "gray"),
    MessageState.SENT: ("send", "green"),
    MessageState.FAILED: ("circle-x", "red"),
    MessageState.SKIPPED: ("mail-off", "amber"),
    MessageState.CANCELLED: ("ban", "gray"),
}
ANSWERS: dict[str, tuple[Label, str]] = {
    Answer.ACCEPTED: (_l("Accepted"), "send"),
    Answer.POSTPONED: (_l("Postponed"), "clock"),
    Answer.REFUSED: (_l("Refused"), "circle-x"),
}
ICONS = {
    "lead": "target-arrow",
    "account": "building-store",
    "contact": "address-book",
    "opportunity": "trending-up",
    "quote": "file-invoice",
    "event": "calendar-event",
    "catalog": "book-2",
}

TO = lazy_pgettext("e-mail", "To")

NO_RECORD = Field("record", "", "reference")

PageOf = Callable[[Any], str | None]


@dataclass
class Try:
    """One line of the tries."""

    word: str
    icon: str
    text: str
    time: str
    instant: str
    is_bad: bool


@dataclass
class MessagePage(RecordPage):
    """A record with the mail as it is sent, and its tries."""

    head: list[tuple[str, str]] = field(default_factory=list)  # From, Reply to, To, Subject
    body: Markup | str = ""
    files: list[tuple[str, str, str]] = field(default_factory=list)  # name, address, size
    tries: list[Try] = field(default_factory=list)
    records: list[Field] = field(default_factory=list)


def sign(message: Message, shown: Field) -> None:
    """Turn a field into the status with its icon."""
    shown.kind = "status"
    shown.glyph, shown.hue = SIGNS[message.state]


def record(message: Message, page_of: PageOf) -> Field:
    """The record that tells best what a message is about."""
    return _linked(message, message.about, page_of) if message.about else NO_RECORD


def as_sign(shown: Field) -> Field:
    """A record in a list, with its icon."""
    if shown.text and not shown.missing:
        shown.kind = "next"
    return shown


def records(message: Message, page_of: PageOf) -> list[Field]:
    """All records that a message is about."""
    named = (name for name in RELATED if getattr(message, f"{name}_id") is not None)
    return [_linked(message, name, page_of) for name in named]


def _linked(message: Message, name: str, page_of: PageOf) -> Field:
    target = getattr(message, name)
    shown = Field(name, "", "reference", target, icon=ICONS[name])
    if target is None:
        shown.missing, shown.text = True, _("Not available")
        return shown
    shown.text, shown.url = str(target), page_of(target)
    return shown


def why(message: Message) -> str:
    """Why a message is not sent, with the time of the next try of one that was postponed."""
    if message.state == MessageState.QUEUED and message.tries and message.next_try_at:
        return _(
            "Next try %(time)s, %(number)s of %(most)s",
            time=format_near(message.next_try_at, zone()),
            number=message.tries + 1,
            most=MOST_TRIES,
        )
    return str(message.why)


def note(message: Message) -> Note | None:
    """What stands above a message that does not leave, with what to do about it."""
    text = str(message.why)
    match message.state:
        case MessageState.FAILED:
            told = _(
                "It was not accepted: %(answer)s. Correct the address on the record where it is"
                " wrong, then send it again.",
                answer=text,
            )
            return Note("bad", told)
        case MessageState.QUEUED if text:
            return Note("warn", f"{text} · {why(message)}")
        case MessageState.SKIPPED | MessageState.CANCELLED if text:
            return Note("warn", text)
    return None


def fill(page: MessagePage, message: Message, page_of: PageOf) -> None:
    """The mail as it is sent, its tries and its records."""
    page.head = [
        (_("Sender"), mailbox(message.sender_name, message.sender_address)),
        (_("Reply to"), mailbox(message.reply_name, message.reply_to)),
        (str(TO), mailbox(message.to_name, message.to_address)),
    ]
    page.head = [(label, text) for label, text in page.head if text]
    page.body = _body(message)
    page.tries = [_try(one) for one in message.attempts]
    page.records = records(message, page_of)


def is_open(message: Message) -> bool:
    """Whether the actor reads its content: a report shows what its recipient may see, to them."""
    is_report = message.kind == MessageKind.REPORT
    return not is_report or message.owner_id == current_actor().user_id


def _body(message: Message) -> Markup | str:
    if message.kind == MessageKind.REPORT:
        if not is_open(message):
            return _("This report shows what its recipient may see: only they can read it.")
        return rich_text.shown(rich_text.from_text(message.body_text))
    return rich_text.shown(message.body_html or rich_text.from_text(message.body_text))


def _try(attempt: MessageAttempt) -> Try:
    word, icon = ANSWERS[attempt.answer]
    at = format_instant(attempt.at, zone())
    is_bad = attempt.answer == Answer.REFUSED
    return Try(str(word), icon, attempt.text, at, attempt.at.isoformat(), is_bad)


def retried(done: Retried, left: int) -> Iterator[str]:
    """What became of the failed messages that were to be sent again."""
    yield ngettext("%(num)s e-mail queued again", "%(num)s e-mails queued again", done.queued)
    if done.skipped:
        yield ngettext(
            "%(num)s e-mail skipped: its recipient refuses e-mails or has no address",
            "%(num)s e-mails skipped: their recipients refuse e-mails or have no address",
            done.skipped,
        )
    if left:
        yield _(
            "%(number)s failed e-mails are left. Choose “Send all failed ones again” once more.",
            number=count_text(min(left, COUNT_CAP), capped=left > COUNT_CAP),
        )


def mailbox(name: str, address: str | None) -> str:
    """A person and their address, as the head of a mail shows them."""
    return ", ".join(part for part in (name, address) if part)
