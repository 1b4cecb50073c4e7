"""/reference/: the vocabularies of the installation."""

from collections.abc import Sequence
from typing import ClassVar

from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import func, literal, select, union_all

from crm.companies.views.reference import ReferenceView
from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.models.text import format_number
from crm.core.security.page import Page
from crm.core.views import Field
from crm.core.views.base import all_views
from crm.core.views.lines import plain_line
from crm.core.views.pages import Column, ListPage


class ReferenceIndexView(Page):
    """The vocabularies, with the number of values of each."""

    route_base = "/reference"
    default_view = "all"
    class_permission_name = "reference"
    method_permission_name: ClassVar[dict[str, str]] = {"all": "read"}
    icon = "list-details"
    list_title = _l("Reference data")

    @expose("/")
    @has_access
    def all(self) -> ResponseReturnValue:
        page = ListPage(_("Reference data"), type(self).__name__, self.icon)
        page.columns = [
            Column("name", _("Name"), "w-name"),
            Column("count", _("Count"), "num r w-percent"),
            Column("off", "", "opt"),
        ]
        counts = self._counts(views := _views())
        page.rows = [
            plain_line(
                n, view.url("list"), page.columns, self._fields(view, *counts[view.endpoint])
            )
            for n, view in enumerate(views)
        ]
        page.region_label = page.title
        return self.render("companies/reference.html", page=page)

    def _counts(self, views: Sequence[ReferenceView]) -> dict[str, tuple[int, int]]:
        """(all, in use) by endpoint, in one statement."""
        parts = []
        for view in views:
            model = view.datamodel.obj
            in_use = func.count().filter(model.active.is_(True))
            parts.append(select(literal(view.endpoint), func.count(), in_use).select_from(model))
        return {name: (count, used) for name, count, used in db.session.execute(union_all(*parts))}

    def _fields(self, view: ReferenceView, count: int, in_use: int) -> list[Field]:
        off = count - in_use
        name = Field("name", "", "text", text=view.words("list_title"))
        number = Field("count", "", "integer", count, format_number(count))
        words = ngettext("%(num)s inactive", "%(num)s inactive", off) if off else ""
        return [name, number, Field("off", "", "text", text=words)]


def _views() -> list[ReferenceView]:
    """The vocabularies whose setting is on, in the order of the table."""
    actor = current_actor()
    found = (view for view in all_views() if isinstance(view, ReferenceView))
    return [view for view in found if view.setting is None or actor.is_enabled(view.setting)]
