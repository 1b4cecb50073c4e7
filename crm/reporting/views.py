"""/: what is mine and still open."""

from flask.typing import ResponseReturnValue
from flask_appbuilder import IndexView, expose


class HomeView(IndexView):  # type: ignore[misc]  # FAB ships no types
    """The home page of whoever signed in."""

    setting = None

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return self.render_template("reporting/home.html")
