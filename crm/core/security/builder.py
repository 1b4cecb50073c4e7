"""FAB 5.3's AppBuilder, without the pages that it registers by default."""

from typing import Any

from flask import Blueprint, current_app
from flask_appbuilder import AppBuilder


class Builder(AppBuilder):
    """An AppBuilder with the home page, the logins and the OpenAPI description only."""

    def __init__(self, app: Any, session: Any, **options: Any) -> None:
        super().__init__(app, session, update_perms=False, **options)

    def _add_admin_views(self) -> None:
        """Overrides FAB 5.3: no menu API, no /back and /lang, GETs that change the session."""
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()
        self.openapi_manager.register_views()

    def _add_global_static(self) -> None:
        """Overrides FAB 5.3: keeps its templates, but does not serve its Bootstrap 3."""
        current_app.register_blueprint(
            Blueprint("appbuilder", "flask_appbuilder.base", template_folder="templates")
        )
