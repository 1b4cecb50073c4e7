"""/setup: erasing the demo, and hiding the first steps of the home page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import update

from crm.companies import demo
from crm.companies.models import AppSettings
from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.models.text import format_number
from crm.core.rows import unfiltered
from crm.core.security.page import Page
from crm.core.views.base import all_views, view_of


@dataclass
class ErasePage:
    """Everything templates/companies/demo.html places."""

    title: str
    intro: str
    lines: list[tuple[str, str, str]] = field(default_factory=list)  # text, detail, address
    action: str = ""
    submit_label: str = ""


class SetupView(Page):
    """What is done once in an installation."""

    route_base = "/setup"
    default_view = "demo"
    class_permission_name = "settings"
    method_permission_name: ClassVar[dict[str, str]] = {"demo": "edit", "hide": "edit"}

    @expose("/hide", methods=("POST",))
    @has_access
    def hide(self) -> ResponseReturnValue:
        """Take the first steps off the home page, done or not."""
        table = AppSettings.__table__
        same = {"changed_on": table.c.changed_on, "changed_by_id": table.c.changed_by_id}
        with transaction() as session:
            session.execute(update(table).values(first_steps=False, **same))
        return redirect("/", 303)

    @expose("/demo", methods=("GET", "POST"))
    @has_access
    def demo(self) -> ResponseReturnValue:
        """What of the demo would go, or what keeps it from going (GET); erase it (POST)."""
        if not demo.is_there():
            abort(404)
        if not demo.may_erase():
            abort(403)
        if request.method == "POST":
            try:
                with transaction():
                    gone = demo.erase()
            except DomainError as error:
                flash(str(error), "danger")
                return redirect(self.url("demo"), 303)
            words = ngettext("%(num)s record deleted.", "%(num)s records deleted.", gone)
            flash(f"{_('The demo is erased.')} {words}", "success")
            return redirect("/", 303)
        return self.render("companies/demo.html", page=self._page())

    def _page(self) -> ErasePage:
        title = _("Erase the demo")
        with unfiltered("whoever may erase the demo may delete every row of these tables"):
            if rows := demo.blocking_rows():
                intro = _(
                    "These records are yours and depend on records of the demo. Delete them "
                    "or link them to other records, then erase the demo."
                )
                return ErasePage(title, intro, [_line(row) for row in rows])
        intro = _(
            "Everything the demo created is deleted for good: its people and companies, with "
            "their records and files. The settings and what you entered yourself are kept."
        )
        page = ErasePage(title, intro, list(_counts()), self.url("demo"))
        page.submit_label = _("Erase the demo")
        return page


def _line(row: Any) -> tuple[str, str, str]:
    view = view_of(row)
    kind = view.words("entity_name") if view is not None else ""
    if getattr(row, "deleted_at", None) is not None:
        return str(row), _("%(kind)s, in the bin", kind=kind), view.url("bin")
    return str(row), kind, view.url("show", pk=row.id) if view is not None else ""


def _counts() -> Iterable[tuple[str, str, str]]:
    counted = demo.counts()
    for view in {view.datamodel.obj: view for view in reversed(all_views())}.values():
        count = counted.get(view.datamodel.obj.__tablename__)
        if count:
            yield view.words("list_title"), format_number(count), ""
