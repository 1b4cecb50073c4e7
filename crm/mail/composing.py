"""A message of the outbox as a mail (RFC 5322): one recipient, plain text beside HTML."""

from email import charset

import flask_mail

from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.mail.headers import one_line
from crm.mail.models import Message

# Long lines and other alphabets as base64: Flask-Mail leaves them bare, past the 998 bytes of RFC
# 5322, which servers cut or refuse.
charset.add_charset("utf-8", charset.SHORTEST, charset.BASE64, "utf-8")


def compose(message: Message) -> flask_mail.Message:
    """The mail, the same in every try: its date and Message-ID are those of the row.

    Raises FileNotFoundError where the content of an attachment is gone.
    """
    mail = flask_mail.Message(
        subject=message.subject,
        recipients=[(message.to_name, message.to_address or "")],
        body=message.body_text,
        html=message.body_html or None,
        sender=message.sender_address,
        reply_to=(message.reply_name, message.reply_to) if message.reply_to else None,
        date=message.created_on.timestamp(),
        charset="utf-8",
        attachments=[_attachment(one.file) for one in message.attachments],
        extra_headers=_headers(message),
    )
    mail.sender = (message.sender_name, message.sender_address)
    mail.msgId = f"<{message.message_id}>"
    return mail


def _headers(message: Message) -> dict[str, str]:
    headers = {}
    if message.automatic:
        headers["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notes, please
    if not message.transactional:
        to = message.reply_to or message.sender_address
        headers["List-Unsubscribe"] = f"<mailto:{to}?subject=unsubscribe>"  # RFC 2369
    return headers


def _attachment(file: StoredFile) -> flask_mail.Attachment:
    with storage.read(file.key) as content:
        data = content.read()
    return flask_mail.Attachment(one_line(file.file_name, 255), file.media_type, data)
