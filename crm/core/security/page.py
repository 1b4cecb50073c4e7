"""A page that is not about a table. Whoever is signed in may open it; the gate sees to that."""

from typing import Any, ClassVar

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import BaseView


class Page(BaseView):
    """FAB 5.3's BaseView for its routes and endpoints; without @has_access it asks for no right."""

    setting: ClassVar[str | None] = None
    menu_endpoint: ClassVar[str] = ""  # the endpoint of the menu entry that stands for this page

    def url(self, method: str, **values: Any) -> str:
        return url_for(f"{self.endpoint}.{method}", **values)

    def render(self, template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
        return render_template(template, view=self, **context), status
