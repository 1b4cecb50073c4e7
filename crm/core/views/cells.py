"""The cells of a list: one renderer a column, made once a page.

Its output equals that of `html.value` for the row's Field, as on a record page. Columns that a
slice completes (`annotated_columns`) and kinds that are rare in lists are rendered through it.
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import escape

from crm.core.models import Spec, kinds, link_of, spec_of
from crm.core.models.kinds import Kind
from crm.core.views import html
from crm.core.views.display import Field, display_next, display_value, zone

if TYPE_CHECKING:
    from crm.core.views.list_parts import ListParts


class CellHtml(NamedTuple):
    """A rendered value: the kind it was rendered as, its text, its HTML."""

    kind: str
    text: str
    html: str


CellRenderer = Callable[[Any], CellHtml]

_PLAIN: dict[Kind, Callable[[Any, str], str]] = {
    kinds.TEXT: lambda value, text: escape(text),
    kinds.EMAIL: lambda value, text: html.email(text),
    kinds.PHONE: lambda value, text: html.phone(text, f"tel:{value}"),
    kinds.DATE: lambda value, text: html.number(text),
    kinds.STARS: html.stars,
}


def cell_renderer(view: "ListParts", name: str) -> CellRenderer:
    """The renderer of the column `name` of the view's list."""
    plain = _drawing(view, name)
    if not view.is_annotated(name):
        return plain
    is_plain = view.is_plain
    return lambda row: plain(row) if is_plain(row) else render_cell(view.list_field(row, name))


def _drawing(view: "ListParts", name: str) -> CellRenderer:
    """The renderer of a column that the slice does not annotate."""
    spec = spec_of(view.datamodel.obj, name)
    if spec.kind is kinds.REFERENCE:
        return _link(view, name)
    if spec.kind is kinds.NEXT:
        return lambda row: render_cell(display_next(Field(name, "", "next"), getattr(row, name)))
    if spec.kind in _PLAIN:
        return _plain(spec, name)
    if spec.kind.repeats:
        return _few(spec, name)
    return lambda row: render_cell(view.list_field(row, name))


def render_cell(field: Field) -> CellHtml:
    """A Field as the cell of a list."""
    if field.kind == "boolean" and not field.value:
        return CellHtml("boolean", field.text, "")  # lists leave out "No"
    if field.kind == "boolean":
        return CellHtml("boolean", field.text, html.tick())
    if field.kind == "richtext":  # a cell has room for its beginning, without formatting
        return CellHtml("richtext", field.text, html.beginning(field.text))
    return CellHtml(field.kind, field.text, html.value(field))


def _plain(spec: Spec, name: str) -> CellRenderer:
    here, draw = zone(), _PLAIN[spec.kind]
    kind = spec.kind.name
    nothing = CellHtml(kind, "", "")

    def cell(row: Any) -> CellHtml:
        value = getattr(row, name)
        if value is None or value == "":
            return nothing
        text = spec.write(value, here)
        return CellHtml(kind, text, draw(value, text))

    return cell


def _few(spec: Spec, name: str) -> CellRenderer:
    known: dict[Hashable, CellHtml] = {}

    def cell(row: Any) -> CellHtml:
        value = getattr(row, name)
        found = known.get(value)
        if found is None:
            found = known[value] = render_cell(
                display_value(Field(name, "", spec.kind.name), spec, value)
            )
        return found

    return cell


def _link(view: "ListParts", name: str) -> CellRenderer:
    """A to-one relation: each target is rendered once a page, as many lines share it."""
    known: dict[Any, CellHtml] = {}
    relation, key = link_of(view.datamodel.obj, name)

    def cell(row: Any) -> CellHtml:
        target = getattr(row, relation)
        # The foreign key distinguishes an empty link from a target that the reader may not see.
        held = target.id if target is not None else (getattr(row, key) is None,)
        found = known.get(held)
        if found is None:
            found = known[held] = render_cell(view.list_field(row, name))
        return found

    return cell
