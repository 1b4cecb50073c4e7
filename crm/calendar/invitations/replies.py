"""Replies of calendars (RFC 5546, REPLY), which the mailbox of MAIL_IN_URL gets. Source: spec 9.3.

Of a mail nothing is trusted but the answer in it, and that only where its sender is the guest who
answers: by the UID of the invitation and the address. Everything is bounded before it is parsed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from typing import Any

import icalendar

from crm.calendar.models import Answer
from crm.core.models.rich_text.tokens import CONTROL

LARGEST = 500_000  # bytes of a mail that is read at all
LARGEST_PART = 200_000  # bytes of a calendar
MOST_PARTS = 50
LONGEST_FROM = 1_000  # characters
BOUNDARY = re.compile(rb"[\r\n]--")  # what could be one: the parser ends lines at either
ANSWERS = {"ACCEPTED": Answer.YES, "DECLINED": Answer.NO, "TENTATIVE": Answer.MAYBE}


@dataclass(frozen=True)
class Reply:
    """The answer of one address to an event or a series."""

    uid: str
    sequence: int
    address: str
    answer: Answer
    stamp: datetime
    comment: str | None = None


def replies_in(content: bytes) -> list[Reply]:
    """The replies in a mail; none where it is no reply, too large, broken, or of somebody else."""
    if len(content) > LARGEST or b"text/calendar" not in content.lower():
        return []
    if len(BOUNDARY.findall(content)) > MOST_PARTS:  # each takes the parser long
        return []
    try:
        mail = message_from_bytes(content)
        sender = _sender(mail)
        found = [reply for text in _calendars(mail) for reply in _replies(text)]
    except Exception:  # noqa: BLE001  whatever a stranger wrote, nothing is read from it
        return []
    return [one for one in found if one.address == sender]


def _sender(mail: Message) -> str:
    """The one address of its From header; "" for none or several."""
    headers = [str(one) for one in mail.get_all("From", [])]
    if sum(map(len, headers)) > LONGEST_FROM:
        return ""
    addresses = [address for _name, address in getaddresses(headers)]
    return addresses[0].lower() if len(addresses) == 1 else ""


def _calendars(mail: Message) -> Iterator[str]:
    """The parts that are calendars with METHOD REPLY."""
    for number, part in enumerate(mail.walk()):
        if number >= MOST_PARTS:
            return
        method = str(part.get_param("method", "") or "")
        if part.get_content_type() == "text/calendar" and method.upper() in ("REPLY", ""):
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and len(content) <= LARGEST_PART:
                yield content.decode("utf-8", "replace")


def _replies(text: str) -> Iterator[Reply]:
    calendar = icalendar.Calendar.from_ical(text)
    if str(calendar.get("method", "")).upper() != "REPLY":
        return
    for event in calendar.walk("VEVENT"):
        attendees = event.get("attendee")
        if attendees is None or isinstance(attendees, list):
            continue  # who answers for others is not believed
        answer = ANSWERS.get(str(attendees.params.get("PARTSTAT", "")).upper())
        if answer is None or "recurrence-id" in event:
            continue
        uid, address = str(event.get("uid", "")), str(attendees).lower().removeprefix("mailto:")
        if CONTROL.search(uid + address):  # which databases refuse to look for
            continue
        comment = event.get("comment")
        yield Reply(
            uid=uid,
            sequence=int(event.get("sequence", 0)),
            address=address,
            answer=answer,
            stamp=_stamp(event),
            comment=str(comment) if isinstance(comment, str) else None,
        )


def _stamp(event: icalendar.Component) -> datetime:
    """When the reply was made. Raises AttributeError, TypeError without a time."""
    written: Any = event["dtstamp"]
    stamp: datetime = written.dt
    return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
