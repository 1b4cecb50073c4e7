"""The rows of a list as HTML: cells, the second line on phones, actions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup, escape

from crm.core.views import html
from crm.core.views.base import Action, views_of
from crm.core.views.cells import CellHtml, cell_renderer, render_cell
from crm.core.views.display import Field
from crm.core.views.html import icon
from crm.core.views.pages import Column, Row

if TYPE_CHECKING:
    from crm.core.views.list_parts import ListParts

UNCUT = ("money", "date", "stars")  # kinds that are never truncated
SHORT = 18  # characters; longer texts may be truncated and get a tooltip
QUICK = 4  # actions shown as icons; further ones are in the menu only


def install(app: Flask) -> None:
    """Make these functions available in templates."""
    html.install(app)
    app.jinja_env.globals |= {"row_actions": row_actions, "posting": posting}


class LineRenderer:
    """Renders the rows of one page; what they share is computed once."""

    def __init__(self, view: "ListParts", columns: Sequence[Column]) -> None:
        self.view, self.columns = view, columns
        self.draw = [cell_renderer(view, column.name) for column in columns]
        self.css = _css(columns)
        names = [column.name for column in columns]
        # Where a table has one view, the URLs of its rows have one prefix.
        self.url_prefix = view.url_prefix("show") if len(views_of(view.datamodel.obj)) == 1 else ""
        self.sign_at = names.index(view.line_sign) if view.line_sign in names else None

    def __call__(self, row: Any) -> Row:
        view = self.view
        cells = [draw(row) for draw in self.draw]
        url = self.url_prefix + str(row.id) if self.url_prefix else self._url(row)
        line = Row(row.id, url, view.line_name(row, cells[0].text), view.row_actions(row))
        line.html = _join(line, self._sub(row, cells), self.css, cells)
        return line

    def _url(self, row: Any) -> str:
        return self.view.page_of(row) or self.view.url("show", pk=row.id)

    def _sub(self, row: Any, cells: Sequence[CellHtml]) -> str:
        """The second line of a phone: status, organisation or other text, next action."""
        text = next((d.text for d in cells[1:] if d.text and d.kind in ("text", "reference")), "")
        text = self.view.line_note(row, text)
        sign = next((d.html for d in cells if d.kind == "status"), "")
        if not (text or sign) and self.sign_at is None:
            return ""
        last = cells[self.sign_at].html if self.sign_at is not None else ""
        cut = f'<span class="c-cut c-grow">{escape(text)}</span>'
        css = "c-sub tall" if self.view.phone_columns else "c-sub"
        return f'<span class="{css}">{sign}{cut}{last}</span>'


def plain_line(pk: int, url: str, columns: Sequence[Column], fields: Sequence[Field]) -> Row:
    """A row made of the given Fields, without actions."""
    line = Row(pk, url, fields[0].text)
    line.html = _join(line, "", _css(columns), [render_cell(field) for field in fields])
    return line


def _css(columns: Sequence[Column]) -> list[tuple[str, bool]]:
    """(CSS class, whether it is never truncated) of each cell but the first."""
    return [(escape(column.css), "num" in column.css) for column in columns[1:]]


def _join(
    line: Row, sub: str, css: Sequence[tuple[str, bool]], cells: Sequence[CellHtml]
) -> Markup:
    rest = map(_cell, css, cells[1:])
    return Markup(f"{_head(line)}{sub}</th>{''.join(rest)}")  # noqa: S704


def _head(line: Row) -> str:
    title = f' title="{escape(line.main)}"' if len(line.main) > SHORT else ""
    text = escape(line.main or "–")
    return f'<th scope="row" class="main cut"{title}><a href="{escape(line.url)}">{text}</a>'


def _cell(said: tuple[str, bool], cell: CellHtml) -> str:
    """Names, statuses and amounts are not truncated; other long texts get a tooltip."""
    css, is_whole = said
    if is_whole or cell.kind in UNCUT:
        return f'<td class="{css}">{cell.html}</td>'
    title = f' title="{escape(cell.text)}"' if len(cell.text) > SHORT else ""
    return f'<td class="{css} cut"{title}>{cell.html}</td>'


# What can be done to a row ──────────────────────────────────────────────────────────────────────


def row_actions(row: Row, menu: str, menu_url: str = "") -> Markup:
    """The last cell of a row: its actions as icons, and the "…" button of the shared menu.

    The icons are out of the tab order: the keyboard uses the menu `menu`, which a script fills
    from the icons of the row whose button opens it, and from `menu_url`.
    """
    if not (row.actions or menu_url):
        return Markup('<td class="do one"></td>')
    quick = [action for action in row.actions if action.icon and not action.danger][:QUICK]
    actions = "".join(_action(action, action in quick) for action in row.actions)
    label = escape(_("Actions: %(name)s", name=row.main))
    more = (
        f'<button type="button" class="btn c-more by-script" popovertarget="{escape(menu)}" '
        f'aria-haspopup="menu" aria-expanded="false" aria-label="{label}">{icon("dots")}</button>'
    )
    css = "do" if quick or menu_url else "do one"
    return Markup(f'<td class="{css}"><span class="c-rowacts">{actions}{more}</span></td>')  # noqa: S704


def _action(action: Action, is_quick: bool) -> str:
    label = escape(action.label)
    css = "btn" if is_quick else "btn c-listed bad" if action.danger else "btn c-listed"
    said = f'class="{css}" tabindex="-1" aria-label="{label}" title="{label}"'
    sign = icon(action.icon) if action.icon else ""
    if action.method == "post":
        return f'<button type="submit" {posting(action)} {said}>{sign}</button>'
    ask = " data-ask" if action.opens_dialog else ""
    return f'<a href="{escape(action.url)}"{ask} {said}>{sign}</a>'


def posting(action: Action) -> Markup:
    """The attributes of a button that posts its action: URL, value, confirmation."""
    text = f'form="act" formaction="{escape(action.url)}"'
    for name, value in action.values[:1]:
        text += f' name="{escape(name)}" value="{escape(value)}"'
    text += f' data-confirm="{escape(action.confirm)}"' if action.confirm else ""
    return Markup(text)  # noqa: S704
