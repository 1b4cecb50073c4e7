"""/password: changing one's password; the only page while a first password must be changed."""

from flask import flash, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import limit
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.companies.people.users import own_password, set_password
from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.errors import DomainError
from crm.core.forms import FormField
from crm.core.models import Spec, kinds
from crm.core.security import rate_limit_key, safe_next, sign_in
from crm.core.security.page import Page
from crm.core.security.passwords import SHORTEST
from crm.core.views import FieldGroup, FormPage

FIELDS = (
    ("old_password", _l("Current password"), "current-password"),
    ("password", _l("New password"), "new-password"),
    ("confirm", _l("Confirm the new password"), "new-password"),
)


class PasswordView(Page):
    """Requires the old password, unlike FAB 5.3: an unlocked screen must not suffice."""

    route_base = "/password"
    default_view = "own"

    @expose("/", methods=("GET", "POST"))
    @limit("10 per minute", key_func=rate_limit_key, methods=["POST"])
    def own(self) -> ResponseReturnValue:
        fields = _fields()
        if request.method == "GET":
            return self._page(fields)
        try:
            _agree(request.form.get("password", ""), request.form.get("confirm", ""))
            user = db.session.get_one(User, current_actor().user_id)
            old, new = request.form.get("old_password", ""), request.form.get("password", "")
            kept = own_password(user, old, new)
            with transaction():
                set_password(user, kept, must_change=False)
            user_id, epoch = user.id, user.session_epoch
        except DomainError as error:
            for name, text in error.fields.items():
                fields[name].errors.append(text)
            return self._page(fields, error.status, error.message)
        # The change ended all sessions; this one is started again.
        sign_in(user_id, epoch, remember=session.permanent)
        flash(_("Password changed. You are signed out everywhere else."), "success")
        return redirect(safe_next(request.args.get("next")), 303)

    def _page(
        self, fields: dict[str, FormField], status: int = 200, message: str = ""
    ) -> ResponseReturnValue:
        forced = current_actor().must_change_password
        page = FormPage(
            title=_("Choose your password") if forced else _("Change my password"),
            action=request.full_path.rstrip("?"),
            crumbs=[],
            groups=[FieldGroup("", list(fields.values()))],
            cancel_url="" if forced else "/profile/",
            submit_label=_("Save"),
            draft_key="",  # passwords are not kept as a draft
            has_required=True,
        )
        if forced:
            page.intro = _("You signed in with a temporary password. Choose your own to continue.")
        page.form_errors = [message] if message else []
        page.errors = [(f.id, f.label, text) for f in fields.values() for text in f.errors]
        return self.render("companies/password.html", status, page=page)


def _fields() -> dict[str, FormField]:
    fields = {
        name: FormField(
            name,
            Spec(label, kinds.TEXT, required=True),
            widget="password",
            autocomplete=autocomplete,
        )
        for name, label, autocomplete in FIELDS
    }
    fields["password"].help = _(
        "At least %(num)s characters; a few words make a good password.", num=SHORTEST
    )
    return fields


def _agree(password: str, again: str) -> None:
    if password != again:
        raise DomainError(_("The two passwords do not match."), field="confirm")
