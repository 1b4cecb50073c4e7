"""What hangs on a message."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import by_value
from crm.core.files.models import StoredFile
from crm.core.links.models import PublicLink
from crm.core.models import Child
from crm.core.types import Instant, utcnow

if TYPE_CHECKING:
    from crm.mail.models.message import Message


class Answer(StrEnum):
    """How a try ended."""

    ACCEPTED = "accepted"
    POSTPONED = "postponed"  # to be tried again
    REFUSED = "refused"  # for good


class MessageAttempt(Child):
    """A try to send a message, with the answer of the mail server."""

    __tablename__ = "message_attempt"
    __parent__: ClassVar[str] = "message"

    message_id: Mapped[int] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(Instant, default=utcnow, index=True)
    answer: Mapped[Answer] = mapped_column(by_value(Answer))
    text: Mapped[str] = mapped_column(String(500), default="", server_default="")

    message: Mapped["Message"] = relationship(back_populates="attempts")

    def __str__(self) -> str:
        return self.text


class MessageAttachment(Child):
    """A file that goes with a message; copies of a message share it."""

    __tablename__ = "message_attachment"
    __parent__: ClassVar[str] = "message"

    message_id: Mapped[int] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), index=True
    )
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)

    message: Mapped["Message"] = relationship(back_populates="attachments")
    file: Mapped[StoredFile] = relationship()

    def __str__(self) -> str:
        return str(self.file)


class UnsubscribeLink(Child):
    """The public link by which the recipient of a message refuses further ones.

    Its address stands in the message, and in a header of the mail, the same in every try.
    """

    __tablename__ = "unsubscribe_link"
    __parent__: ClassVar[str] = "message"

    message_id: Mapped[int] = mapped_column(
        ForeignKey("message.id", ondelete="CASCADE"), unique=True
    )
    link_id: Mapped[int] = mapped_column(
        ForeignKey("public_link.id", ondelete="CASCADE"), unique=True
    )
    url: Mapped[str] = mapped_column(String(255))

    message: Mapped["Message"] = relationship(back_populates="unsubscribe_link")
    link: Mapped[PublicLink] = relationship()

    def __str__(self) -> str:
        return ""  # whoever has the address may use it
