"""FAB's AppBuilder, version 5.3, without the pages that it registers unasked."""

from typing import Any

from flask import Blueprint, current_app
from flask_appbuilder import AppBuilder


class Builder(AppBuilder):
    """An AppBuilder with the home page, the logins and the description of the API, and no more."""

    def __init__(self, app: Any, session: Any, **options: Any) -> None:
        super().__init__(app, session, update_perms=False, **options)

    def _add_admin_views(self) -> None:
        """Overrides FAB 5.3: no /back (a GET that changes the session), /lang by GET, menu API."""
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()
        self.openapi_manager.register_views()

    def _add_global_static(self) -> None:
        """Overrides FAB 5.3: its templates stay reachable for ours, its Bootstrap 3 does not."""
        current_app.register_blueprint(
            Blueprint("appbuilder", "flask_appbuilder.base", template_folder="templates")
        )
