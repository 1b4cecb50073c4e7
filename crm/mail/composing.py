"""A message of the outbox as a mail (RFC 5322): one recipient, plain text beside HTML."""

from email import charset, policy
from email.mime.text import MIMEText

import flask_mail

from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.mail.headers import ascii_address, one_line
from crm.mail.models import Message

# Base64 for long lines and other alphabets: Flask-Mail would send lines past the 998 bytes of RFC
# 5322, which servers cut or refuse.
charset.add_charset("utf-8", charset.SHORTEST, charset.BASE64, "utf-8")

# Flask-Mail has folded the headers; folded again, long names would get blanks within words. Lines
# longer than RFC 5322 allows still are.
FOLDED = policy.SMTP.clone(max_line_length=998)


class Mail(flask_mail.Message):
    """A mail whose headers stay as Flask-Mail made them, and which may have a calendar."""

    calendar_method = ""

    def put_calendar(self, text: str, method: str) -> None:
        """Add what calendars read, beside the texts (RFC 6047, 2.4)."""
        self.calendar_method = method
        self.alts = {**(self.alts or {}), "calendar": text}

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        part = super()._mimetext(text, subtype)
        if subtype == "calendar":
            part.set_param("method", self.calendar_method)
        return part

    def as_bytes(self) -> bytes:
        return bytes(self._message().as_bytes(policy=FOLDED))


def compose(message: Message) -> Mail:
    """The mail, the same in every try: its date and Message-ID are those of the row.

    Raises ValueError for an address that has no form in ASCII, FileNotFoundError where the content
    of an attachment is gone.
    """
    sender = ascii_address(message.sender_address)
    reply_to = ascii_address(message.reply_to or "")
    mail = Mail(
        subject=message.subject,
        recipients=[(message.to_name, ascii_address(message.to_address or ""))],
        body=message.body_text,
        html=message.body_html or None,
        sender=sender,
        reply_to=(message.reply_name, reply_to) if reply_to else None,
        date=message.created_on.timestamp(),
        charset="utf-8",
        attachments=[_attachment(one.file) for one in message.attachments],
        extra_headers=_headers(message, reply_to or sender),
    )
    if message.calendar:
        mail.put_calendar(message.calendar, message.calendar_method)
    mail.sender = (message.sender_name, sender)
    mail.msgId = f"<{message.message_id}>"
    return mail


def _headers(message: Message, answers_to: str) -> dict[str, str]:
    headers = {}
    if message.automatic:
        headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes, please
    if not message.transactional:
        by_mail = f"<mailto:{answers_to}?subject=unsubscribe>"
        link = message.unsubscribe_link
        headers["List-Unsubscribe"] = f"<{link.url}>, {by_mail}" if link else by_mail  # RFC 2369
        if link and link.url.startswith("https:"):  # one click without a look, RFC 8058
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _attachment(file: StoredFile) -> flask_mail.Attachment:
    with storage.read(file.key) as content:
        data = content.read()
    return flask_mail.Attachment(one_line(file.file_name, 255), file.media_type, data)
