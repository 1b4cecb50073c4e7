"""`crm init`: create or upgrade the database.

Safe to run twice at once.
"""

from flask import current_app
from flask_migrate import upgrade

from crm import translators
from crm.companies.people import roles, users
from crm.companies.services.company import ensure_company
from crm.core.config import Config
from crm.core.db import transaction
from crm.core.locks import exclusive
from crm.core.rows import unfiltered
from crm.install import install


def init() -> str | None:
    """Migrate and add missing rows. Returns the result of `ensure_admin`."""
    config: Config = current_app.extensions["crm.config"]
    translators.compile_catalogs()
    with exclusive(config, "init", waits=True):
        upgrade()
        with transaction():
            install()
            roles.sync(current_app.extensions["appbuilder"])
            with unfiltered("the first company comes before anybody who could see it"):
                ensure_company()
            return users.ensure_admin(config.admin_password)
