"""What a person made of the home page, and the reports they pinned to it and to dashboards."""

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.models import Personal


class HomeLayout(Personal):
    """The blocks of the home page as their reader placed them, by their keys.

    `places` is all of them in order, `hidden` those that are not shown. Blocks that came later are
    in neither, and stand where they stand for everybody.
    """

    __tablename__ = "home_layout"
    __table_args__ = (UniqueConstraint("user_id"),)

    places: Mapped[list[str]] = mapped_column(JSON)
    hidden: Mapped[list[str]] = mapped_column(JSON)


class ReportPin(Personal):
    """A saved report that its reader placed on their home page or at the end of a dashboard.

    `place` is "home" or the key of a dashboard. What is no longer shared with them stays pinned,
    unseen, and is there again once it is shared again.
    """

    __tablename__ = "report_pin"
    __table_args__ = (UniqueConstraint("user_id", "place", "saved_view_id"),)

    saved_view_id: Mapped[int] = mapped_column(
        ForeignKey("saved_view.id", ondelete="CASCADE"), index=True
    )
    place: Mapped[str] = mapped_column(String(20))
