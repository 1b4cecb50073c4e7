"""The sign-in page and the API's login, both rate-limited."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.api import SecurityApi
from flask_appbuilder.security.decorators import limit
from flask_appbuilder.security.views import AuthDBView
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_jwt_extended import jwt_required
from flask_login import current_user
from werkzeug.exceptions import TooManyRequests

from crm.core.config import languages
from crm.core.models.codes import language_name
from crm.core.security.devices import remember
from crm.core.security.identity import sign_in, sign_out
from crm.core.security.locale import keep_language
from crm.core.security.rate_limits import rate_limit_key
from crm.core.security.redirects import HOME, safe_next

# By address or known device, for page and API each; `attempts` counts by name.
RATE = "10 per minute"


@dataclass
class LoginPage:
    """What templates/companies/login.html shows."""

    action: str
    languages: list[tuple[str, str, str]]  # (code, name in itself, URL of this page in it)
    remember: str  # the label of the checkbox
    username: str = ""
    is_remembered: bool = True
    error: str = ""


class LoginView(AuthDBView):
    """/login/ and /logout/. Overrides both methods of FAB 5.3's AuthDBView and its AuthView."""

    login_template = "companies/login.html"
    title = _l("Sign in")

    @expose("/login/", methods=("GET", "POST"))
    @limit(RATE, key_func=rate_limit_key, methods=["POST"])
    def login(self) -> ResponseReturnValue:
        """The form (GET) and the sign-in (POST); a failure shows the form with the typed name."""
        following = safe_next(request.args.get("next"))
        if current_user.is_authenticated:
            return redirect(following)
        page = _page(following)
        if request.method == "GET":
            return self._page(page)
        page.username = request.form.get("username", "")
        page.is_remembered = "remember" in request.form
        try:
            user = self.appbuilder.sm.auth_user_db(page.username, request.form.get("password", ""))
        except TooManyRequests as error:
            too_many = _("Too many attempts")
            page.error = f"{too_many}. {error.description}"
            return self._page(page), 429, {"Retry-After": str(error.retry_after)}
        if user is None:
            page.error = _("Wrong username or password. After five failures you have to wait.")
            return self._page(page), 401
        keep_language(user.id)
        sign_in(user.id, user.epoch, page.is_remembered)
        response = redirect(following, 303)
        remember(response, user.id)
        return response

    @expose("/logout/", methods=("POST",))
    def logout(self) -> ResponseReturnValue:
        """By POST with a CSRF token; FAB's GET lets any site sign people out."""
        sign_out()
        flash(_("You are signed out."), "info")
        response = redirect(url_for("LoginView.login"), 303)
        # The Back button must not show pages of the user who signed out.
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def _page(self, page: LoginPage) -> str:
        html: str = self.render_template(self.login_template, page=page)
        return html


def _page(following: str) -> LoginPage:
    after = None if following == HOME else following
    spoken = get_locale()
    return LoginPage(
        url_for("LoginView.login", next=after, lang=request.args.get("lang") and spoken.language),
        [
            (code, language_name(code), url_for("LoginView.login", next=after, lang=code))
            for code in languages()
        ],
        _("Keep me signed in on this device for 30 days"),
    )


def _is_text(value: str) -> bool:
    """Whether `value` can be encoded: JSON can hold half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


class LoginApi(SecurityApi):
    """/api/v1/security/login and /refresh, whose documentation is FAB's."""

    @expose("/login", methods=("POST",))
    @limit(RATE, key_func=rate_limit_key, methods=["POST"])
    def login(self) -> Any:
        """Overrides FAB 5.3, which has no rate limit here and answers 500 without a provider.

        Without FAB's `safe` decorator, which turns the 503 of an absent database and the 429 into
        a 500.
        """
        body = request.get_json(silent=True)
        if isinstance(body, dict):
            if "provider" not in body:
                return self.response_400(message={"provider": ["Missing data for required field."]})
            if not all(_is_text(value) for value in body.values() if isinstance(value, str)):
                return self.response_400(message="Not a valid string.")
        return SecurityApi.login.__wrapped__(self)

    @expose("/refresh", methods=("POST",))
    @jwt_required(refresh=True)
    def refresh(self) -> Any:
        """Overrides FAB 5.3 for the order of its decorators only, as for `login`."""
        return SecurityApi.refresh.__wrapped__(self)


LoginApi.login.__doc__ = SecurityApi.login.__doc__
