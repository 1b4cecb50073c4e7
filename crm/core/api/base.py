"""Base of an API: declarations, copied from the table's view, and visible columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from flask_appbuilder.api import ModelRestApi as FabModelRestApi
from sqlalchemy import ColumnElement, select

from crm.core.actor import Actor, current_actor
from crm.core.api import columns as declared
from crm.core.api.arguments import ListArguments
from crm.core.api.representing import represent
from crm.core.datamodel import DataModel
from crm.core.datamodel.loading import Children, loading
from crm.core.errors import NotFound
from crm.core.merging import kept_instead
from crm.core.models import computed
from crm.core.rows import criteria


class TableApi(FabModelRestApi):
    """Declarations, and rows as JSON. Stateless between requests.

    Uses the URLs, the shape and the permissions of FAB 5.3's ModelRestApi, but not its filter
    object, shared by all threads, nor its schemas, which create objects for unknown ids.
    """

    view: ClassVar[Any] = None
    datamodel: DataModel
    resource_name: str | None = None
    class_permission_name: str | None = None  # the entity of the rights grid
    setting: str | None = None  # the setting without which the API is a 404
    setting_columns: Mapping[str, str] = {}  # column → switch
    children: Children = {}  # child relationship → its rows' columns
    list_relations: Sequence[str] = ()  # what the list's computed values read
    editors_only: Sequence[str] = ()  # columns of editable rows only
    outcome_columns: Sequence[str] = ()  # fields of a move: read-only in forms, accepted here
    # What a PUT says in its body and a DELETE in its query beside the fields, for `change` and
    # `remove`: name → its values, of which the first counts where none is sent.
    save_options: Mapping[str, Sequence[str]] = {}
    verbs: ClassVar[Mapping[str, Any]] = {}  # actions beside the rows: POST /<pk>/<name>
    list_columns: Sequence[str] = ()
    show_columns: Sequence[str] = ()
    add_columns: Sequence[str] = ()
    edit_columns: Sequence[str] = ()
    search_columns: Sequence[str] = ()
    beside_schemas: Mapping[str, Any] = {}  # what a slice adds to the answer of the list
    order_columns: Sequence[str] = ()

    method_permission_name: ClassVar[Mapping[str, str]] = {
        "get_list": "read", "get": "read", "info": "read", "deleted": "read",
        "post": "create", "put": "edit", "delete": "delete",
    }  # fmt: skip
    allow_browser_login = False

    def __init__(self) -> None:
        if self.view is not None:
            ours = type(self).__mro__[: type(self).__mro__.index(TableApi)]
            own = {name for cls in ours for name in vars(cls)}
            for name, value in declared.columns_of(self.view).items():
                if name not in own:
                    setattr(self, name, value)
        super().__init__()

    def _init_properties(self) -> None:
        """Overrides FAB 5.3, which fills missing lists with all columns; ours are checked."""
        declared.check(self)

    def _init_titles(self) -> None:
        """Overrides FAB 5.3, which evaluates titles at start-up, in English."""

    def _init_model_schemas(self) -> None:
        """Overrides FAB 5.3, which makes marshmallow schemas; ours come from the Specs."""

    # What is visible now ────────────────────────────────────────────────────────────────────────

    def is_visible(self, name: str, actor: Actor) -> bool:
        switches = self.setting_columns
        switch = switches.get(name) or switches.get(name.partition(".")[0])
        return switch is None or actor.is_enabled(switch)

    def visible(self, names: Iterable[str]) -> list[str]:
        actor = current_actor()
        return [name for name in names if self.is_visible(name, actor)]

    # Rows ───────────────────────────────────────────────────────────────────────────────────────

    def base_conditions(self) -> list[ColumnElement[bool]]:
        """Conditions on the rows of this API."""
        return []

    def kept_instead(self, pk: int) -> Any | None:
        """The record into which row `pk` was merged; None where there is none."""
        return kept_instead(self.datamodel.obj, pk)

    def one(self, pk: int, names: Sequence[str]) -> dict[str, Any]:
        """The row, read again, as JSON. Raises NotFound."""
        model = self.datamodel.obj
        statement = self.datamodel.select(model.id == pk, *self.base_conditions())
        statement = statement.options(*loading(model, self.read_with(names)))
        statement = statement.execution_options(populate_existing=True)
        objects = self.serialized(self.datamodel.session.scalars(statement).unique(), names)
        if not objects:
            raise NotFound
        return objects[0]

    def shown_children(self) -> Children:
        """`children` without the columns whose setting is off."""
        return {
            relation: [name for name in columns if self.visible([f"{relation}.{name}"])]
            for relation, columns in self.children.items()
        }

    def read_with(self, names: Sequence[str]) -> list[str]:
        """`names`, and the paths of related columns to load."""
        lines = [f"{name}.{column}" for name in names for column in self.children.get(name, ())]
        model = self.datamodel.obj
        is_computed = any(isinstance(getattr(model, name, None), computed) for name in names)
        return self.visible([*names, *lines, *(self.list_relations if is_computed else ())])

    def serialized(self, found: Iterable[Any], names: Sequence[str]) -> list[dict[str, Any]]:
        """Rows as JSON, without the columns for editors where the actor may not edit."""
        rows = list(found)
        private = [name for name in names if name in self.editors_only]
        children = self.shown_children()
        objects = [represent(row, names, children) for row in rows]
        if private and rows:
            open_ids = self._editable([row.id for row in rows])
            for one in objects:
                if one["id"] not in open_ids:
                    one.update(dict.fromkeys(private))
        return objects

    def _editable(self, ids: Sequence[int]) -> set[int]:
        model = self.datamodel.obj
        statement = select(model.id).where(model.id.in_(ids), criteria(model, "edit"))
        return set(self.datamodel.session.scalars(statement))


def chosen(known: Mapping[str, Callable[[], Any]], asked: ListArguments) -> dict[str, Any]:
    """The requested labels; all without `keys`, as in FAB."""
    keys = known if asked.keys is None else asked.keys
    return {name: make() for name, make in known.items() if name in keys}
