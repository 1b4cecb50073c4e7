"""The links by which customers answer quotes. Source: spec 8.4."""

from typing import ClassVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.core.links.models import PublicLink
from crm.core.models import Child
from crm.quotes.models.quote import Quote


class QuoteLink(Child):
    """A public link to a quote."""

    __tablename__ = "quote_link"
    __parent__: ClassVar[str] = "quote"

    link_id: Mapped[int] = mapped_column(
        ForeignKey("public_link.id", ondelete="CASCADE"), unique=True
    )
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id", ondelete="CASCADE"), index=True)
    # The e-mail that it stands in; none where somebody copied it.
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("message.id", ondelete="SET NULL"), index=True
    )

    link: Mapped[PublicLink] = relationship(lazy="joined", innerjoin=True)
    quote: Mapped[Quote] = relationship()
