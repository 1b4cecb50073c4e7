"""Counters of references. Source: spec 8.2."""

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column


class Counter(Model):
    """The last number given, by kind; `year` is 0 where numbering does not restart each year."""

    __tablename__ = "counter"

    company_id: Mapped[int] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    last: Mapped[int] = mapped_column(nullable=False)
