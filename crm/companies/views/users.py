"""/users: users and their first passwords."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import make_response
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.companies.people import users
from crm.companies.people.datamodel import PeopleDataModel
from crm.companies.views.handover import HandOverOfUser
from crm.companies.views.people import PeopleView
from crm.companies.views.pictures import picture_field, picture_url
from crm.core.actor import current_actor
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.forms import Form
from crm.core.security import generate_password, hash_password
from crm.core.views import Action, Field, Note, Preset
from crm.core.views.base import PK
from crm.core.views.display import person
from crm.core.views.uploads import show_picture


@dataclass
class NewPasswordPage:
    """The page with a generated password, shown only once."""

    title: str
    username: str
    password: str
    text: str
    back_url: str
    back_label: str
    crumbs: list[tuple[str, str]] = field(default_factory=list)


class UserView(PeopleView):
    """Users. Their roles and groups are checked by each flush."""

    datamodel = PeopleDataModel(User, users.RULES)
    route_base = "/users"
    method_actions: ClassVar[Mapping[str, str]] = {
        "new_password": "edit", "activate": "edit", "deactivate": "edit",
    }  # fmt: skip
    setting_columns: ClassVar[Mapping[str, str]] = {"agency": "manage_agencies"}
    tab_of = ("companies", "groups", "roles")
    icon = "user"
    entity_name = _l("User")
    list_title = _l("Users")
    add_title = _l("Create a user")
    empty_title = _l("No users yet")
    edit_title = _l("Edit the user")
    presets = (
        Preset("active", _l("Active users"), [("active", 0, ["1"])]),
        Preset("inactive", _l("Inactive users"), [("active", 0, ["0"])]),
    )
    list_columns = ["full_name", "username", "email", "roles", "groups", "agency", "active"]
    order_columns = ["full_name", "username", "email", "agency"]
    base_order = ("full_name", "asc")
    search_columns = ["active", "roles", "groups", "companies", "agency", "language"]
    headline = ("username", "active")
    edit_fieldsets: ClassVar[Any] = [
        (_l("Personal details"), {"fields": [
            "first_name", "last_name", "username", "email", "phone", "job_title", "picture",
        ]}),
        (_l("Membership and permissions"), {"fields": [
            "companies", "agency", "groups", "roles", "active",
        ]}),
        (_l("Language and display"), {"fields": ["language", "time_zone"]}),
    ]  # fmt: skip
    add_fieldsets = edit_fieldsets
    show_fieldsets = edit_fieldsets
    # Not in place: a slip would grant rights or lock somebody out.
    readonly_in_place = ("username", "active", "companies", "agency", "groups", "roles")

    def field_of(self, row: Any, name: str) -> Field:
        if name == "picture":
            return picture_field(row, name, str(_("Picture")))
        if name != "full_name":
            return super().field_of(row, name)
        return person(row, name, str(_("Name")))

    def prepare_form(self, form: Form) -> None:
        show_picture(form.fields["picture"], picture_url(form.row) if form.row else "")

    def notice(self, row: Any) -> Note | None:
        if not row.active:
            return Note(
                "info", _("Inactive: this person cannot sign in and is not proposed as owner.")
            )
        if not row.password:
            return Note("warn", _("No password has been set yet: this person cannot sign in."))
        if row.must_change_password:
            return Note("info", _("This person still has to choose their own password."))
        return None

    def record_actions(self, row: Any) -> list[Action]:
        if not self.may_edit(row) or not row.active or row.id == current_actor().user_id:
            return []
        label = _("New password") if row.password else _("Set a temporary password")
        url = self.act_url("new_password", row)
        confirm = _("This person is signed out everywhere, and the old password no longer works.")
        return [Action(label, url, "key", "post", confirm=confirm if row.password else "")]

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        if row.id == current_actor().user_id:
            return []  # nobody deletes or deactivates themselves
        menu = super().record_menu(row, editable)
        if not editable:
            return menu
        if row.active:
            url = self.url("deactivate", pk=row.id)
            switch = Action(_("Deactivate"), url, "user-off", opens_dialog=True)
        else:
            switch = Action(_("Activate"), self.act_url("activate", row), "user-check", "post")
        menu.insert(1, switch)
        return menu

    @expose(f"/password/{PK}", methods=("POST",))
    @has_access
    def new_password(self, pk: int) -> ResponseReturnValue:
        """Generate a password, which must be changed, and show it in this response only."""
        user = self.row(pk, "edit")
        version = self.checked_version(user)
        password = generate_password()
        kept = hash_password(password)
        with transaction():
            check_version(user, version)
            users.set_password(user, kept, must_change=True)
        text = _(
            "Tell it to them in person: it is not shown again, and must be changed at the first "
            "sign-in."
        )
        here = self.url("show", pk=pk)
        page = NewPasswordPage(
            _("Password of %(name)s", name=user), user.username, password, text,
            here, _("Back to the user"),
            [(self.words("list_title"), self.url("list")), (str(user), here)],
        )  # fmt: skip
        response = make_response(self.render("companies/new_password.html", page=page))
        response.headers["Cache-Control"] = "no-store"
        return response

    def edit_names(self, row: Any) -> list[str]:
        """Deactivating asks who gets their records, so that it is no field of the form."""
        return [name for name in super().edit_names(row) if name != "active" or not row.active]

    @expose(f"/deactivate/{PK}", methods=("GET", "POST"))
    @has_access
    def deactivate(self, pk: int) -> ResponseReturnValue:
        """Ask who gets the user's records, and deactivate them, in one transaction."""
        user = self.row(pk, "edit")
        dialog = HandOverOfUser(user, self.datamodel)

        def deactivate() -> None:
            dialog.apply()
            users.update(user, {"active": False})

        is_own = user.id == current_actor().user_id
        refusal = _("You cannot deactivate your own account.") if is_own else ""
        return self.perform_with_dialog(user, dialog, deactivate, refusal=refusal)

    @expose(f"/activate/{PK}", methods=("POST",))
    @has_access
    def activate(self, pk: int) -> ResponseReturnValue:
        user = self.row(pk, "edit")
        message = self.changed_message(user)
        return self.perform(user, lambda: users.update(user, {"active": True}), message)
