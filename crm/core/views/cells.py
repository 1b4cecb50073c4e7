"""The cells of a list: one function a column, made once a page, that draws the value of a row.

What it draws is what `html.value` draws of the row's Field, which a record page shows: columns
that a slice completes (`annotated_columns`), and kinds that are rare in lists, go that way.
"""

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import escape

from crm.core.models import Spec, kinds, link_of, spec_of
from crm.core.models.kinds import Kind
from crm.core.views import html
from crm.core.views.display import Field, display_next, display_value, zone

if TYPE_CHECKING:
    from crm.core.views.list import ListParts


class CellHtml(NamedTuple):
    """A drawn value: its kind once drawn, its text, its HTML, the glyph of a status."""

    kind: str
    text: str
    html: str
    sign: str = ""


CellRenderer = Callable[[Any], CellHtml]

_PLAIN: dict[Kind, Callable[[Any, str], str]] = {
    kinds.TEXT: lambda value, text: escape(text),
    kinds.EMAIL: lambda value, text: html.email(text),
    kinds.PHONE: lambda value, text: html.phone(text, f"tel:{value}"),
    kinds.DATE: lambda value, text: html.number(text),
    kinds.STARS: html.stars,
}


def cell_renderer(view: "ListParts", name: str) -> CellRenderer:
    """What draws the column `name` of the view's list."""
    plain = _drawing(view, name)
    if not view.is_annotated(name):
        return plain
    is_plain = view.is_plain
    return lambda row: plain(row) if is_plain(row) else render_cell(view.list_field(row, name))


def _drawing(view: "ListParts", name: str) -> CellRenderer:
    """What draws it where the slice adds nothing."""
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
        return CellHtml("boolean", field.text, "")  # in a list, only what holds is said
    sign = html.glyph(field.glyph or "st-0", field.hue) if field.kind == "status" else ""
    return CellHtml(field.kind, field.text, html.value(field), sign)


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
    """A to-one relation: the same row, person or word stands in many lines, and is drawn once."""
    known: dict[Any, CellHtml] = {}
    relation, key = link_of(view.datamodel.obj, name)

    def cell(row: Any) -> CellHtml:
        target = getattr(row, relation)
        # The id tells an empty link from one whose target the reader may not see.
        held = target.id if target is not None else (getattr(row, key) is None,)
        found = known.get(held)
        if found is None:
            found = known[held] = render_cell(view.list_field(row, name))
        return found

    return cell
