"""/api/v1/outbox: the messages, to read; they are made by what causes them."""

from sqlalchemy import ColumnElement

from crm.core.actor import current_actor
from crm.core.api import ModelRestApi
from crm.core.rows import by_grid
from crm.mail.models import Message
from crm.mail.views import OutboxView


class OutboxApi(ModelRestApi):
    """The messages of the outbox, without their text."""

    view = OutboxView
    exclude_route_methods = ("post", "put", "delete", "deleted")

    def base_conditions(self) -> list[ColumnElement[bool]]:
        """Those that the page lists; of others, the records they belong to are the way."""
        return [by_grid(Message, "read", current_actor())]
