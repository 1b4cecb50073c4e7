"""The description of the API: what this actor finds now. A feature that is off is not in it."""

from typing import Any

from flask import Response, current_app, request
from flask_appbuilder.api import BaseApi, expose
from flask_appbuilder.api.manager import OpenApi as FabOpenApi
from flask_appbuilder.security.api import SecurityApi

from crm.core.actor import current_actor
from crm.core.api import operations, schemas, signing
from crm.core.api.columns import written
from crm.core.api.guard import answer, guarded
from crm.core.api.operations import ERROR, LINK
from crm.core.errors import NotFound


class OpenApi(FabOpenApi):
    """/api/v1/_openapi, for a token as all of the API: FAB 5.3 lets a session's cookie read it."""

    allow_browser_login = False

    @expose("/<version>/_openapi")
    @guarded
    def get(self, version: str) -> Response:
        """The OpenAPI 3.0 document for whoever asks."""
        views = [
            view
            for view in current_app.extensions["appbuilder"].baseviews
            if isinstance(view, BaseApi) and view.version == version and view is not self
        ]
        if not views:
            raise NotFound
        spec = self._create_api_spec(version)
        for view in views:
            if isinstance(view, SecurityApi):
                signing.describe(spec, view.route_base)
            else:
                view.add_api_spec(spec)
        # The Host header is anybody's claim: the addresses are said relative to this document's.
        return answer(**spec.to_dict() | {"servers": [{"url": request.script_root or "/"}]})

    def add_api_spec(self, api_spec: Any) -> None:
        """The description does not describe itself."""


def describe(api: Any, spec: Any) -> None:
    """Add what `api` offers to this actor now to an APISpec; nothing where it is switched off."""
    actor = current_actor()
    if api.setting is not None and not actor.on(api.setting):
        return
    if not actor.can("read", api.class_permission_name):
        return
    _add_components(api, spec)
    for path, methods in operations.paths_of(api).items():
        spec.path(path=path, operations=methods)


def _add_components(api: Any, spec: Any) -> None:
    model, name = api.datamodel.obj, type(api).__name__
    shared = {"Link": LINK, "OptionalLink": {**LINK, "nullable": True}, "Error": ERROR}
    for component, schema in shared.items():
        if component not in spec.components.schemas:
            spec.components.schema(component, schema)
    children = api.children
    new, changed = written(api, api.add_columns), written(api, api.edit_columns)
    taken = {*new, *changed}
    own = {
        "get_list": schemas.answered(model, api.visible(api.list_columns), children, taken),
        "get": schemas.answered(model, api.visible(api.show_columns), children, taken),
        "post": schemas.posted(model, new, children),
        "put": schemas.put(model, changed, children),
    }
    for method, schema in own.items():
        if method == "get" or operations.has(api, method):  # POST and PUT answer with it too
            spec.components.schema(f"{name}.{method}", schema)
