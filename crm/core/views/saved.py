"""/saved_filters: filters of lists that people save, for themselves or for their groups."""

from dataclasses import dataclass, replace
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.errors import DomainError, NotFound
from crm.core.forms.fields import FormField
from crm.core.models.text import parse_number
from crm.core.saved import services
from crm.core.saved.models import SavedKind, SavedView
from crm.core.security.page import Page
from crm.core.views.address import ListAddress
from crm.core.views.base import PK
from crm.core.views.filterbar import SAVED, FilterBar
from crm.core.views.layouts import layout_of, list_of, opened
from crm.core.views.saved_form import form_fields, form_page, given_by


@dataclass(frozen=True)
class SavedLine:
    """A saved filter on the page of them all."""

    name: str
    url: str  # "" where its list is out of reach
    list_title: str
    shared: str  # the groups, or who shared it
    is_default: bool
    edit_url: str = ""  # of one's own
    delete_url: str = ""


class SavedFilterView(Page):
    """Saved filters: one's own, and to be opened those of one's groups."""

    route_base = "/saved_filters"
    default_view = "list"

    @expose("/list/")
    def list(self) -> ResponseReturnValue:
        loaded = (selectinload(SavedView.groups), joinedload(SavedView.user))
        found = db.session.scalars(
            select(SavedView)
            .where(SavedView.kind == SavedKind.LIST.value)
            .order_by(SavedView.entity, SavedView.name_key, SavedView.id)
            .options(*loaded)
        )
        lines = [self._line(row) for row in found]
        return self.render("core/saved.html", title=_("Saved filters"), lines=lines)

    def _line(self, row: SavedView) -> SavedLine:
        view, is_mine = list_of(row.entity), row.user_id == current_actor().user_id
        groups = ", ".join(group.name for group in row.groups)
        return SavedLine(
            row.name,
            self.url("open", pk=row.id) if view is not None else "",
            view.words("list_title") if view is not None else _("Not available"),
            groups if is_mine else _("Shared by %(name)s", name=row.user),
            row.is_default and is_mine,
            self.url("edit", pk=row.id) if is_mine else "",
            self.url("delete", pk=row.id) if is_mine else "",
        )

    @expose(f"/open/{PK}")
    def open(self, pk: int) -> ResponseReturnValue:
        """The list as it was saved, without what went away, which is said."""
        row = _row(pk)
        view = list_of(row.entity)
        if view is None or row.kind != SavedKind.LIST.value:
            abort(404)
        found = opened(view, row.layout, [(SAVED, str(row.id))])
        if found.lost:
            text = _(
                "“%(name)s” opens without what no longer exists or is out of your reach: "
                "%(fields)s.",
                name=row.name,
                fields=", ".join(found.lost),
            )
            flash(text, "warning")
        return redirect(found.url, 302)

    @expose("/add", methods=("GET", "POST"))
    def add(self) -> ResponseReturnValue:
        """Save the filters of the list whose address is in this one's arguments."""
        view = list_of(request.args.get("list", ""))
        if view is None:
            abort(404)
        address = view.address(view.url("list"), [SAVED])
        fields = form_fields(None, _opens())
        if request.method == "GET":
            return self._form(view, address, fields)
        try:
            layout = layout_of(view, address)
            given = given_by(fields)
            with transaction():
                row = services.create(SavedKind.LIST, view.entity, layout, given)
                pk, name = row.id, row.name
        except DomainError as error:
            return self._form(view, address, fields, error)
        flash(_("Filter “%(name)s” saved", name=name), "success")
        return redirect(self.url("open", pk=pk), 303)

    def _form(
        self,
        view: FilterBar,
        address: ListAddress,
        fields: dict[str, FormField],
        error: DomainError | None = None,
    ) -> ResponseReturnValue:
        title, back = view.words("list_title"), address.url()
        page = form_page(_("Save this filter"), [(title, back)], fields, back, error)
        query = view.query(address)
        chips = [view.chip(one, address) for one in query.conditions]
        said = [f"{one.label} {one.operator} {one.value_text}".strip() for one in chips]
        page.intro = " · ".join([*said, *([f"“{address.search}”"] if address.search else [])])
        return self.render("core/form.html", error.status if error else 200, page=page)

    @expose(f"/update/{PK}", methods=("POST",))
    def update(self, pk: int) -> ResponseReturnValue:
        """Save the filters of a list under the name that they had before they were changed."""
        view = list_of(_row(pk, "edit").entity)
        if view is None:
            abort(404)
        address = view.address(view.url("list"), [SAVED])
        try:
            layout = layout_of(view, address)
            with transaction():
                row = services.replace_layout(pk, layout, _version())
                name = row.name
        except NotFound:
            abort(404)
        except DomainError as error:
            flash(error.message or _("Nothing was saved."), "danger")
            # Without its id, so that a second click saves a filter beside what others saved.
            return redirect(replace(address, rest=[]).url(), 303)
        flash(_("Filter “%(name)s” saved", name=name), "success")
        return redirect(self.url("open", pk=pk), 303)

    @expose(f"/edit/{PK}", methods=("GET", "POST"))
    def edit(self, pk: int) -> ResponseReturnValue:
        """Rename it, share it, make it the filter with which the menu opens the list."""
        row = _row(pk, "edit")
        fields, version, error = form_fields(row, _opens()), row.row_version, None
        if request.method == "POST":
            try:
                given = given_by(fields)
                with transaction():
                    name = services.change(pk, given, _version()).name
            except NotFound:
                abort(404)
            except DomainError as refused:
                error = refused
            else:
                flash(_("Filter “%(name)s” saved", name=name), "success")
                return redirect(self.url("list"), 303)
        back = self.url("list")
        page = form_page(row.name, [(_("Saved filters"), back)], fields, back, error)
        page.hidden = [("row_version", str(version))]
        return self.render("core/form.html", error.status if error else 200, page=page)

    @expose(f"/delete/{PK}", methods=("POST",))
    def delete(self, pk: int) -> ResponseReturnValue:
        with transaction():
            name = _changed(lambda: services.remove(pk)).name
        text = _("Filter “%(name)s” deleted", name=name)
        message: Any = {"text": text, "undo_url": self.url("restore", pk=pk)}
        flash(message, "success")
        return redirect(self.url("list"), 303)

    @expose(f"/restore/{PK}", methods=("POST",))
    def restore(self, pk: int) -> ResponseReturnValue:
        try:
            with transaction():
                name = _changed(lambda: services.restore(pk)).name
        except DomainError as error:
            flash(" ".join([error.message, *error.fields.values()]).strip(), "danger")
        else:
            flash(_("Filter “%(name)s” restored", name=name), "success")
        return redirect(self.url("list"), 303)


def _row(pk: int, action: str = "read") -> SavedView:
    return _changed(lambda: services.fetch(pk, action))


def _changed(act: Any) -> SavedView:
    """What a service answers; 404 for a row that is not the actor's."""
    try:
        row: SavedView = act()
    except NotFound:
        abort(404)
    return row


def _version() -> int:
    return parse_number(request.form.get("row_version", "")) or 0


def _opens() -> str:
    return _("Open the list with this filter")
