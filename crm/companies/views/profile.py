"""/profile: the user's own data. What affects rights is read-only."""

from dataclasses import dataclass, field
from typing import ClassVar

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.companies.people import users
from crm.companies.views.pictures import picture_url
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.saving import check_version, update_row
from crm.core.db import db, transaction
from crm.core.errors import Conflict, DomainError
from crm.core.forms import Form
from crm.core.models import Label
from crm.core.security.page import Page
from crm.core.views import Field, FieldGroup, FormPage
from crm.core.views.base import flash_saved, view_of
from crm.core.views.conflict import stored_values
from crm.core.views.display import display_field
from crm.core.views.uploads import show_picture, store_pictures
from crm.core.views.versions import ConcurrentEdit, posted_version

PERSON = ("first_name", "last_name", "email", "phone", "job_title", "signature", "picture")
COMFORT = ("language", "time_zone", "theme", "single_keys")
REMINDED = ("default_reminder", "digest_at")
FACTS = ("username", "companies", "agency", "groups", "roles")


@dataclass
class ProfilePage(FormPage):
    """A form with read-only facts."""

    password_url: str = ""
    facts: list[Field] = field(default_factory=list)


class ProfileView(Page):
    """A form of the user's own row, without fields that give rights."""

    route_base = "/profile"
    default_view = "own"
    groups: ClassVar[tuple[tuple[Label, tuple[str, ...]], ...]] = (
        (_l("Personal details"), PERSON),
        (_l("Language and display"), COMFORT),
        (_l("Reminders"), REMINDED),
    )

    @expose("/", methods=("GET", "POST"))
    def own(self) -> ResponseReturnValue:
        user = db.session.scalars(select(User).where(User.id == current_actor().user_id)).one()
        names = [name for _title, names in self.groups for name in names]
        form = Form(DataModel(User, users.RULES), names, widths={"signature": "w6"})
        if request.method == "GET":
            return self._page(user, form.fill(stored_values(user, names)))
        version, people = posted_version(), view_of(user)
        form.files = request.files
        form.read(request.form, stored_values(user, names))
        told = people.concurrent_edit(user, version, names)
        if told is None:
            try:
                self._save(user, form)
            except Conflict:
                told = people.concurrent_edit(user, version, names) or ConcurrentEdit()
            except DomainError as error:
                form.refuse(error.message, error.fields, error.status)
            else:
                flash_saved(_("Profile saved"))
                return redirect(self.url("own"), 303)
        if told is not None:
            return self._page(user, form, 409, people.reconcile(user, form, told))
        return self._page(user, form, form.status)

    def _save(self, user: User, form: Form) -> None:
        version = user.row_version
        if form.is_read:
            store_pictures(form)
        with transaction():
            check_version(user, version)
            update_row(user, form.known_values())
            if not form.is_read:
                raise DomainError  # the rules were asked about the other fields

    def _page(
        self, user: User, form: Form, status: int = 200, told: ConcurrentEdit | None = None
    ) -> ResponseReturnValue:
        form.load_choices()
        show_picture(form.fields["picture"], picture_url(user))
        version = user.row_version if status in (200, 409) else posted_version()
        page = ProfilePage(
            title=_("My profile"),
            action=self.url("own"),
            crumbs=[],
            groups=[
                FieldGroup(str(title), [form.fields[name] for name in names])
                for title, names in self.groups
            ],
            cancel_url="/",
            submit_label=_("Save"),
            draft_key="profile",
            has_required=True,
            enctype="multipart/form-data",
            hidden=[("row_version", str(version))],
            concurrent_edit=told,
            password_url="/password/",  # noqa: S106  an address
            facts=[display_field(user, name) for name in self._facts()],
        )
        page.errors = form.summary
        page.form_errors = form.form_errors
        return self.render("companies/profile.html", status, page=page)

    def _facts(self) -> list[str]:
        actor = current_actor()
        hidden = {"agency"} if not actor.is_enabled("manage_agencies") else set()
        return [name for name in FACTS if name not in hidden]
