"""create_app(config): the one place that knows every slice."""

# isort: off
from crm import tables  # noqa: F401  first: see its docstring

# isort: on
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, jsonify
from flask_compress import Compress
from flask_migrate import Migrate
from sqlalchemy import text

from crm import assets, holdings, navigation, purging
from crm.accounts import matching as accounts_matching
from crm.calendar import clock
from crm.calendar import receivers as calendar_receivers
from crm.calendar.invitations import answer_page, noting, telling
from crm.calendar.invitations import reading as replies
from crm.calendar.reminders import copying, digest, outcomes, sending
from crm.calendar.series import sweeping as series_sweeping
from crm.catalog import public
from crm.companies import handover
from crm.companies.actors import COUNTS, load_actor
from crm.core import http, journal, limits, recheck, rows, search, security, unavailable
from crm.core.api import OpenApi
from crm.core.config import Config, folder, languages, read_config
from crm.core.db import before_commit, db, init_app, under_lock
from crm.core.files import sweeping
from crm.core.links import services as links
from crm.core.links.purposes import PURPOSES
from crm.core.saved import jobs as saved_jobs
from crm.core.search.indexes import is_compared
from crm.core.views import frame, lines
from crm.core.views.address import refuse_junk
from crm.duplicates import checking, keeping
from crm.duplicates.sources import SOURCES
from crm.leads import matching as leads_matching
from crm.mail import notices as mailed_notices
from crm.mail import receivers as mail_receivers
from crm.mail import unsubscribe_page
from crm.mail.health import worker_health
from crm.notices import assigned, reading
from crm.notices import jobs as notices_jobs
from crm.notices import receivers as notices_receivers
from crm.notices.views import bell_of
from crm.opportunities import receivers as opportunities_receivers
from crm.quotes import expiry
from crm.quotes import receivers as quotes_receivers
from crm.quotes.acceptance import purpose as acceptance
from crm.reporting.schedules import sending as reports
from crm.reporting.schedules import unsubscribe_page as leave_page
from crm.reporting.views import HomeView
from crm.sending import receivers as sending_receivers

# Modules with regular work for the worker; importing them registers it.
JOBS = (
    purging,
    clock,
    telling,
    replies,
    sweeping,
    series_sweeping,
    links,
    notices_jobs,
    saved_jobs,
    mailed_notices,
    sending,
    outcomes,
    digest,
    checking,
    expiry,
    reports,
)
# Receivers of the signals of lower slices; importing them connects them.
RECEIVERS = (
    notices_receivers,
    mail_receivers,
    mailed_notices,
    opportunities_receivers,
    quotes_receivers,
    sending_receivers,
    calendar_receivers,
    copying,
)

# Endpoints of forms with files.
UPLOADS = (
    "CatalogView.add",
    "CatalogView.edit",
    "CompanyView.add",
    "CompanyView.edit",
    "EventView.import_file",
    "MessageView.compose",
    "ProfileView.own",
    "QuoteView.accept",
    "TemplateView.attach",
    "UserView.add",
    "UserView.edit",
)

SOURCES[:] = [leads_matching.LEADS, accounts_matching.ACCOUNTS, accounts_matching.CONTACTS]

rows.install(db.session)
journal.install(db.session)
search.install(db.session)
assigned.install(db.session)
noting.install(db.session)
keeping.install(db.session)
under_lock[:] = [recheck.check_again]
before_commit[:] = [assigned.tell_owners, noting.note_checks]
COUNTS[reading.COUNTED] = reading.unread_count()
PURPOSES[:] = [
    public.PURPOSE,
    unsubscribe_page.PURPOSE,
    leave_page.PURPOSE,
    answer_page.PURPOSE,
    acceptance.PURPOSE,
]
handover.HOLDINGS[:] = holdings.table()

migrate = Migrate(
    directory=str(Path(__file__).parent / "migrations"),
    # Alembic compares CHECK constraints only where it is asked to.
    autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
)


def create_app(config: Config | None = None) -> Flask:
    """A WSGI application for `config`, or the environment's. Touches no schema, no permission."""
    config = config or read_config()
    os.environ["TZ"] = "UTC"  # FAB writes naive local times into its own tables
    app = Flask("crm", static_folder=None, template_folder=str(folder("templates")))
    app.config.from_mapping(_flask_config(config))
    app.extensions["crm.config"] = config
    init_app(app)
    migrate.init_app(app, db, render_as_batch=True, compare_type=True, include_name=is_compared)
    assets.serve(app, http.HEADERS)
    secure = config.public_url.startswith("https:")
    http.install(app, config.proxies, secure, db.session.rollback)
    unavailable.install(app, db.session.rollback)
    app.before_request(refuse_junk)
    with app.app_context():
        security.prepare(app, load_actor)
        builder = security.Builder(
            app, db.session, indexview=HomeView, security_manager_class=security.CoreSecurityManager
        )
        navigation.register(builder)
        builder.add_api(OpenApi)
        security.complete(app)
    frame.install(app, navigation.MAIN, navigation.CONFIG, bell_of)
    lines.install(app)
    app.add_url_rule(http.HEALTH, "health", health)
    security.allow_anonymous("health")
    limits.allow_upload(app, *UPLOADS)
    Compress(app)
    return app


def _flask_config(config: Config) -> dict[str, Any]:
    return {
        "SECRET_KEY": config.secret_key,
        "SECRET_KEY_FALLBACKS": list(config.old_secret_keys),
        "TESTING": config.testing,
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(config),
        "APP_NAME": "Comptoir",
        "LANGUAGES": {code: {"flag": "", "name": code} for code in languages()},
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(folder("translations")),
        **_public_address(config),
        "SESSION_COOKIE_SECURE": config.public_url.startswith("https:"),
        **security.rate_limit_settings(config),
        "FAB_API_SWAGGER_UI": False,
        "FAB_API_MAX_PAGE_SIZE": 100,
        "COMPRESS_MIMETYPES": ["text/html", "application/json", "text/csv", "text/calendar"],
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        # Brotli would buffer megabytes of an export before sending any.
        "COMPRESS_ALGORITHM_STREAMING": ["gzip"],
    }


def _public_address(config: Config) -> dict[str, str]:
    """The settings by which `url_for` works outside a request: in a mail or a feed."""
    parts = urlsplit(config.public_url)
    return {"SERVER_NAME": parts.netloc, "PREFERRED_URL_SCHEME": parts.scheme}


def _engine_options(config: Config) -> dict[str, Any]:
    if config.is_sqlite:
        return {"connect_args": {"timeout": 20}}
    return {
        "pool_pre_ping": True,
        "pool_size": 10,
        "connect_args": {"options": "-c timezone=UTC"},
    }


def health() -> tuple[Response, int]:
    """200 while the database answers, else 503 with the failing part; the worker's state beside."""
    try:
        db.session.execute(text("SELECT 1"))
        state = worker_health(current_app.extensions["crm.config"])
    except Exception:  # noqa: BLE001  whatever a driver raises, the answer is the same
        return jsonify(status="error", database="does not answer"), 503
    return jsonify(status="ok", database="ok", **state), 200
