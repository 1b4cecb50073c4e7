"""/lang, /theme, /company: preferences that are changed from any page."""

from typing import Any

from flask import abort, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import update

from crm.core.actor import current_actor, find_actor
from crm.core.config import languages
from crm.core.db import transaction
from crm.core.security import allow_anonymous, safe_next
from crm.core.security.page import Page

THEMES = {"light": "light", "dark": "dark", "system": "system", "": "system"}
ALL_COMPANIES = ("all", "0", "")

allow_anonymous("PreferencesView.language")  # also on the sign-in page


class PreferencesView(Page):
    """Each is one UPDATE of the user's own row, without a journal entry."""

    route_base = ""
    default_view = "language"

    @expose("/lang/", methods=("POST",))
    @expose("/lang/<code>", methods=("POST",))
    def language(self, code: str | None = None) -> ResponseReturnValue:
        """Set the language, on the user or, before sign-in, in the session."""
        chosen = request.form.get("language", "") if code is None else code
        if chosen not in languages():
            abort(404)
        session["locale"] = chosen
        if find_actor() is not None:
            _set(language=chosen)
        return _back()

    @expose("/theme/", methods=("POST",))
    @expose("/theme/<name>", methods=("POST",))
    def theme(self, name: str | None = None) -> ResponseReturnValue:
        """Set the theme: light, dark, or the system's."""
        chosen = request.form.get("theme", "") if name is None else name
        if chosen not in THEMES:
            abort(404)
        _set(theme=THEMES[chosen])
        return _back()

    @expose("/company/", methods=("POST",))
    @expose("/company/<pk>", methods=("POST",))
    def company(self, pk: str | None = None) -> ResponseReturnValue:
        """Set the company of lists, pickers and new records: one of the user's own, or all."""
        chosen = request.form.get("company", "") if pk is None else pk
        if chosen in ALL_COMPANIES:
            _set(active_company_id=None)
            return _back()
        if not chosen.isdecimal() or len(chosen) > 9:
            abort(404)
        company = current_actor().company_of(int(chosen))
        if company is None or not company.active:
            abort(404)
        _set(active_company_id=company.id)
        return _back()


def _set(**values: Any) -> None:
    mine = User.id == current_actor().user_id
    with transaction() as database:
        database.execute(update(User).where(mine).values(**values))


def _back() -> ResponseReturnValue:
    return redirect(safe_next(request.form.get("next")), 303)
