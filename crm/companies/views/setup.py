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
    bin_label: str = ""  # of the button that deletes what is in the bin


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
            return self._erase()
        return self.render("companies/demo.html", page=self._page())

    def _erase(self) -> ResponseReturnValue:
        is_bin = request.form.get("only") == "bin"
        try:
            with transaction():
                gone = demo.empty_bin() if is_bin else demo.erase()
        except DomainError as error:
            flash(str(error), "danger")
            return redirect(self.url("demo"), 303)
        words = [ngettext("%(num)s record deleted.", "%(num)s records deleted.", gone)]
        if not is_bin:
            words.insert(0, _("The demo is erased."))
        flash(" ".join(words), "success")
        return redirect(self.url("demo") if is_bin else "/", 303)

    def _page(self) -> ErasePage:
        title = _("Erase the demo")
        with unfiltered("whoever may erase the demo may delete every row of these tables"):
            if rows := demo.blocking_rows():
                intro = _(
                    "These records are yours and depend on records of the demo. Delete them "
                    "or link them to other records, then erase the demo."
                )
                page = ErasePage(title, intro, [_line(*found) for found in rows.items()])
                if binned := sum(map(demo.is_in_bin, rows)):
                    page.action = self.url("demo")
                    page.bin_label = ngettext(
                        "Delete the record in the bin for good",
                        "Delete the %(num)s records in the bin for good",
                        binned,
                    )
                return page
        intro = _(
            "Everything the demo created is deleted for good: its people and companies, with "
            "their records and files. The settings and what you entered yourself are kept."
        )
        page = ErasePage(title, intro, list(_counts()), self.url("demo"))
        page.submit_label = _("Erase the demo")
        return page


def _line(row: Any, needed: Iterable[type[Any]]) -> tuple[str, str, str]:
    """The row, with its kind and what it needs of the demo."""
    view = view_of(row)
    kind = view.words("entity_name") if view is not None else ""
    if demo.is_in_bin(row):
        return str(row), _("%(kind)s, in the bin", kind=kind), view.url("bin")
    names = {view.words("entity_name") for view in all_views() if view.datamodel.obj in needed}
    if names:
        kind = _("%(kind)s, depends on: %(names)s", kind=kind, names=", ".join(sorted(names)))
    return str(row), kind, view.url("show", pk=row.id) if view is not None else ""


def _counts() -> Iterable[tuple[str, str, str]]:
    counted = demo.counts()
    titles: dict[str, list[str]] = {}
    for view in all_views():
        titles.setdefault(view.datamodel.obj.__tablename__, []).append(view.words("list_title"))
    for kind, names in titles.items():
        if count := counted.get(kind):
            yield ", ".join(dict.fromkeys(names)), format_number(count), ""
