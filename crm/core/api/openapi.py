"""The OpenAPI description, for the actor: without features that are off."""

from typing import Any

from flask import Response, current_app, request
from flask_appbuilder.api import BaseApi, expose
from flask_appbuilder.api.manager import OpenApi as FabOpenApi
from flask_appbuilder.security.api import SecurityApi

from crm.core.actor import current_actor
from crm.core.api import operations, schemas, token_endpoints
from crm.core.api.columns import written
from crm.core.api.guard import answer, guarded
from crm.core.api.operations import ERROR, LINK
from crm.core.errors import NotFound

DESCRIPTION = """\
Sign in at `/api/v1/security/login`; every request then carries `Authorization: Bearer <token>`.
The argument `q` is an object, in JSON or in rison. What your roles do not let you read, and what is
switched off in the settings, does not exist here.

## Keep another system up to date

1. Note the time, then ask each resource for what changed, the oldest first:
   `GET /api/v1/leads/?q={"filters": [{"col": "changed_on", "opr": "gte", "value":
   "2027-01-31T14:00:00Z"}], "order_column": "changed_on", "order_direction": "asc",
   "page_size": 100}`. Leave out `filters` the first time; name in `columns` the fields you need.
2. Ask again with `"cursor"` set to the `cursor` of the answer, until that is null. A row that
   changes meanwhile moves to the end, and comes once more.
3. Ask `GET /api/v1/leads/_deleted?q={"since": "2027-01-31T14:00:00Z"}`, page by page in the same
   way, and delete these rows.
4. Start the next run one minute before the time that you noted, so that rows that were being saved
   then are returned twice rather than never. Store rows by `id`, and compare `row_version`.

What follows from other records is not reported as a change: the label of a link, the position of a
value in its vocabulary, `next_event_at` and `last_event_at`, and computed values. Rows that you may
no longer read are not reported as deleted. A row that is deleted from the bin for good is returned
once more, however long ago it was put there.

A row that was merged into another one is reported as deleted. Asked for by its id, it answers 301
with the address of the row that was kept, to which its `external_ref` leads in an import, too.
"""


class OpenApi(FabOpenApi):
    """/api/v1/_openapi, by token like the whole API; FAB 5.3 accepts session cookies."""

    allow_browser_login = False

    @expose("/<version>/_openapi")
    @guarded
    def get(self, version: str) -> Response:
        views = [
            view
            for view in current_app.extensions["appbuilder"].baseviews
            if isinstance(view, BaseApi) and view.version == version and view is not self
        ]
        if not views:
            raise NotFound
        spec = self._create_api_spec(version)
        spec.options["info"] = {"description": DESCRIPTION}
        for view in views:
            if isinstance(view, SecurityApi):
                token_endpoints.describe(spec, view.route_base)
            else:
                view.add_api_spec(spec)
        # The Host header is not trusted: URLs are relative to that of this document.
        return answer(**spec.to_dict() | {"servers": [{"url": request.script_root or "/"}]})

    def add_api_spec(self, api_spec: Any) -> None:
        """Leaves out this endpoint itself."""


def describe(api: Any, spec: Any) -> None:
    """Add what `api` offers to the actor to an APISpec; nothing where its setting is off."""
    actor = current_actor()
    if api.setting is not None and not actor.is_enabled(api.setting):
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
    children = api.shown_children()
    new, changed = written(api, api.add_columns), written(api, api.edit_columns)
    writable, readable = {*new, *changed}, [*api.list_columns, *api.show_columns]
    own = {
        "get": schemas.answered(model, api.visible(readable), children, writable),
        "post": schemas.posted(model, new, children),
        "put": schemas.put(model, changed, children, api.save_options),
        **{n: verb.body_schema(api) for n, verb in api.verbs.items() if verb.is_on},
    }
    for method, schema in own.items():
        if method == "get" or operations.has(api, method):  # used by the list and POST too
            spec.components.schema(f"{name}.{method}", schema)
