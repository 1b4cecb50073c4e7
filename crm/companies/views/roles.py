"""/roles: each role is the grid entity × action → scope, and a sentence worked out from it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.companies.people import roles
from crm.companies.people.grid import ENTITIES, SCOPES, describe
from crm.companies.people.reading import PeopleModel, visible_people
from crm.companies.people.rights import ADMIN, holders
from crm.companies.views.rights_page import (
    RoleLine,
    RolePage,
    RolesPage,
    cell_words,
    put_grid,
    read_grid,
)
from crm.core.actor import Scope
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.models.text import write_number
from crm.core.views import Action, Field, ModelView
from crm.core.views.base import PK
from crm.core.views.record import HISTORY, Tab
from crm.core.views.shown import person

PEOPLE = "people"


class RoleParts(ModelView):
    """How a role is shown. A class of its own, because inside RoleView `list` is a page."""

    datamodel = PeopleModel(Role, roles)
    route_base = "/roles"
    class_permission_name = "users"
    exclude_route_methods = ModelView.exclude_route_methods | {
        "bin", "restore", "totals", "export", "field", "pick",
    }  # fmt: skip
    verbs: ClassVar[Mapping[str, str]] = {"save": "edit", "duplicate": "create"}
    icon = "shield-lock"
    one = _l("Role")
    list_title = _l("Roles")
    add_title = _l("Create a role")
    edit_title = _l("Rename the role")
    list_columns = order_columns = ("name",)
    search_columns = ()
    add_columns = edit_columns = ("name",)

    def line_of(self, role: Any) -> RoleLine:
        menu = [*self.role_actions(role), *self.record_menu(role, self.may_edit(role))]
        people = write_number(roles.people_with(role))
        url = self.url("show", pk=role.id)
        return RoleLine(str(role), url, describe(roles.grid_of(role)), people, menu)

    def role_page(self, role: Any) -> RolePage:
        is_fixed = role.code == ADMIN
        page = RolePage(
            str(role),
            self.url("save", pk=role.id),
            [(self.words("list_title"), self.url("list"))],
            readonly=is_fixed or not self.may_edit(role),
            hidden=[("row_version", str(role.row_version))],
            actions=self.role_actions(role),
            menu=self.record_menu(role, self.may_edit(role)),
        )
        if is_fixed:
            page.note = _("This role can do everything, so that somebody always can. Duplicate it.")
        return page

    def role_actions(self, role: Any) -> list[Action]:
        if not self.can("create"):
            return []
        return [Action(_("Duplicate"), self.url("duplicate", pk=role.id), "copy", "post")]

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        for action in menu:
            if action.url == self.url("edit", pk=row.id):
                action.label = _("Rename")
        return [action for action in menu if row.code != ADMIN or not action.danger]

    def put_tabs(self, page: RolePage, role: Any, chosen: str) -> None:
        here = self.url("show", pk=role.id)
        count = write_number(roles.people_with(role))
        page.tabs = [
            Tab("", _("Rights"), here, chosen == ""),
            Tab(PEOPLE, _("Users"), f"{here}?tab={PEOPLE}", chosen == PEOPLE, count),
            Tab(HISTORY, _("Journal"), f"{here}?tab={HISTORY}", chosen == HISTORY),
        ]

    def people_of(self, role: Any) -> list[tuple[Field, str]]:
        """Who has the role, and through what."""
        statement = (
            select(User)
            .where(holders(Role.id == role.id))
            .order_by(User.name_key, User.id)
            .options(selectinload(User.roles), selectinload(User.groups))
            .limit(500)
        )
        condition = visible_people()
        if condition is not None:
            statement = statement.where(condition)
        found = self.datamodel.session.scalars(statement).unique()
        return [(self._person(user), _how(user, role)) for user in found]

    def _person(self, user: User) -> Field:
        shown = person(user)
        shown.url = self.page_of(user)
        return shown

    def _change(
        self, model: type[Any], name: str, before: Any, after: Any, names: Any
    ) -> tuple[str, str, str] | None:
        """A cell's entry in the journal is called `leads.read`."""
        entity, dot, action = name.partition(".")
        if not dot or entity not in ENTITIES:
            return super()._change(model, name, before, after, names)
        was, now = (str(SCOPES[Scope(value)][0]) for value in (before, after))
        return cell_words(entity, action), was, now


class RoleView(RoleParts):
    """Roles. Creating and renaming are forms of the name alone; the rest is the grid."""

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        everyone = select(Role).order_by(Role.id).options(selectinload(Role.cells))
        page = RolesPage(
            self.words("list_title"),
            [self.line_of(role) for role in self.datamodel.session.scalars(everyone)],
            self.url("add") if self.can("create") else "",
            self.words("add_title"),
        )
        return self.render("companies/roles.html", page=page)

    @expose(f"/show/{PK}")
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        role = self.row(pk)
        page, tab = self.role_page(role), request.args.get("tab", "")
        self.put_tabs(page, role, tab)
        match tab:
            case "":
                put_grid(page, roles.grid_of(role))
            case "people":
                page.people = self.people_of(role)
            case "history":
                page.history = self.history_of(role)
            case _:
                abort(404)
        return self.render("companies/role.html", page=page, row=role)

    @expose(f"/save/{PK}", methods=("POST",))
    @has_access
    def save(self, pk: int) -> ResponseReturnValue:
        """The grid as it was posted. What is refused comes back as it was chosen."""
        role = self.row(pk, "edit")
        page = self.role_page(role)
        grid = read_grid(request.form, page)
        version = request.form.get("row_version", "")
        status = 422
        if not page.errors:
            try:
                with transaction():
                    check_version(role, int(version) if version.isdecimal() else 0)
                    roles.save_cells(role, grid)
                return self.to_record(role, self.changed_message(role))
            except DomainError as error:
                page.form_errors = [str(error)]
                if isinstance(error, Conflict):
                    page.form_errors.append(_("Below is what you chose; save again to keep it."))
                status = error.status
        role = self.row(pk)
        page.hidden = [("row_version", str(role.row_version))]
        self.put_tabs(page, role, "")
        put_grid(page, {**roles.grid_of(role), **grid})
        return self.render("companies/role.html", status, page=page, row=role)

    @expose(f"/duplicate/{PK}", methods=("POST",))
    @has_access
    def duplicate(self, pk: int) -> ResponseReturnValue:
        role = self.row(pk)
        with transaction():
            copy = roles.duplicate(role)
        return self.to_record(copy, self.created_message(copy))


def _how(user: User, role: Any) -> str:
    """The role itself, or the groups that give it."""
    if role in user.roles:
        return _("Directly")
    through = [str(group) for group in user.groups if role in group.roles]
    return _("Through %(groups)s", groups=", ".join(through))
