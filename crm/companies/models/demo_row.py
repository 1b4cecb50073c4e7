"""Which rows the demo made, so that they can be erased whatever they are called by then."""

from typing import Any

from flask_appbuilder import Model
from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column


class DemoRow(Model):
    """A row that the demo made, or one that was there before and that it changed."""

    __tablename__ = "demo_row"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)  # the table's name
    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Of a changed row: name → [before, after]; None of a row that the demo made.
    changes: Mapped[dict[str, list[Any]] | None] = mapped_column(JSON(none_as_null=True))
