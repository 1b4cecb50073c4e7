"""What a person made of the home page."""

from sqlalchemy import JSON, UniqueConstraint
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
