"""The base of pages without a table, open to all signed-in users."""

from typing import Any, ClassVar

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import BaseView


class Page(BaseView):
    """FAB 5.3's BaseView; without @has_access a method needs no permission."""

    setting: ClassVar[str | None] = None
    menu_endpoint: ClassVar[str] = ""  # the endpoint of the menu entry that is current on this page

    def url(self, method: str, **values: Any) -> str:
        return url_for(f"{self.endpoint}.{method}", **values)

    def render(self, template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
        return render_template(template, view=self, **context), status
