"""/X/show/<id>: the record page, its tabs and its history."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, inspect, literal, select, union_all

from crm.core.actor import current_actor
from crm.core.models import Archivable
from crm.core.models.operators import has_any
from crm.core.models.text import format_number
from crm.core.views.base import PK, Action, FieldGroup, tabs_of
from crm.core.views.facts import fold, leave_out, shown_above
from crm.core.views.history import HistoryPages
from crm.core.views.pages import ListPage, Note, Panel, RecordPage, Tab

HISTORY = "history"


class RecordPages(HistoryPages):
    """The record page and its fragments."""

    show_template = "core/record.html"
    record_class: type[RecordPage] = RecordPage

    @expose(f"/show/{PK}")
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, names=self.record_names())
        page = self.record_page(row)
        self.fill_tab(page, row, request.args.get("tab", ""))
        self.mark_editable(page, row)
        return self.render(self.show_template, page=page, row=row)

    record_relations: Sequence[str] = ()

    def record_names(self) -> list[str]:
        """The names to load for the page, `record_relations` of the slice included."""
        sets = [*(self.show_fieldsets or ()), *self.side_fieldsets]
        fields = [name for _title, names in self.fieldsets(sets) for name in names]
        return self.visible([*self.headline, *fields, *self.record_relations])

    def record_page(self, row: Any) -> RecordPage:
        """The page without its tab: title, actions, headline."""
        page = self.record_class(str(row), row.id, [(self.words("list_title"), self.url("list"))])
        editable = self.may_edit(row)
        page.row_version = getattr(row, "row_version", None)
        if editable:
            page.edit_url = self.url("edit", pk=row.id)
            page.field_url = self.url("show", pk=row.id).replace("/show/", "/field/")
        headline = [self.field_of(row, name) for name in self.visible(self.headline)]
        page.headline = [field for field in headline if field.text and field.value is not False]
        page.actions = self.page_actions(row, editable)
        page.menu = self.record_menu(row, editable)
        page.neighbors_url = self.url("neighbors", pk=row.id)
        page.notice = self.notice(row)
        return page

    @expose(f"/menu/{PK}")
    @has_access
    def row_menu(self, pk: int) -> ResponseReturnValue:
        """The entries of a row's menu in a list: what the head of the record offers."""
        row = self.row(pk)
        editable = self.may_edit(row)
        given = [*self.page_actions(row, editable), *self.record_menu(row, editable)]
        entries = [entry for action in given for entry in action.children or [action]]
        return self.render("core/parts/row_menu.html", entries=entries)

    @expose(f"/neighbors/{PK}")
    @has_access
    def neighbors(self, pk: int) -> ResponseReturnValue:
        """Links to the records before and after this one in the list that the arguments tell."""
        row, address = self.row(pk), self.address(self.url("list"))
        statement = self.statement(self.query(address))
        found = self.datamodel.neighbors(statement, self.order(address), row)
        place = ""
        if found.place:
            place = _(
                "%(place)s of %(total)s",
                place=format_number(found.place),
                total=format_number(found.count),
            )
        before, after = (
            self.url("show", pk=one) if one is not None else ""
            for one in (found.before, found.after)
        )
        return self.render("core/parts/neighbors.html", place=place, before=before, after=after)

    def page_actions(self, row: Any, editable: bool) -> list[Action]:
        """Edit, and the other buttons of the page's head."""
        if not editable:
            return self.head_actions(row)
        edit = Action(_("Edit"), self.url("edit", pk=row.id), "pencil", key="E")
        return [edit, *self.head_actions(row)]

    def may_edit(self, row: Any) -> bool:
        """Whether the page offers editing."""
        return "edit" not in self.exclude_route_methods and self.may("edit", row)

    def head_actions(self, row: Any) -> list[Action]:
        """Buttons of the page: of upper slices, then the record's own, the primary one last.

        Of several that would be, it is the first: upper slices know more.
        """
        actions = [
            *(
                a
                for view, relation in self.related_lists(row)
                for a in view.actions_on(row, relation)
            ),
            *self.record_actions(row),
        ]
        main = next((action for action in actions if action.primary), None)
        for action in actions:
            action.primary = action is main
        return sorted(actions, key=lambda action: action.primary)

    def record_actions(self, row: Any) -> list[Action]:
        """The record's own buttons; the last one may be the primary one of the page."""
        return []

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        """Buttons of this view on the page of a related record, mostly to add a row."""
        return []

    def panel_on(self, parent: Any, relation: str) -> Panel | None:
        """A panel of this view in the side column of a related record."""
        return None

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        """The "…" menu of the page; deletion is last."""
        menu: list[Action] = []
        if "delete" not in self.exclude_route_methods and self.may("delete", row):
            url = self.act_url("delete", row)
            confirm = "" if self.datamodel.has_bin else _("This cannot be undone.")
            menu.append(Action(_("Delete"), url, "trash", "post", danger=True, confirm=confirm))
        return menu

    def notice(self, row: Any) -> Note | None:
        """The notice that the record is of another company than the one chosen in the top bar."""
        actor = current_actor()
        company_id = getattr(row, "company_id", None)
        if actor.active_company_id in (None, company_id) or company_id is None:
            return None
        company = actor.company_of(company_id)
        name = company.name if company else ""
        return Note("info", _("This record belongs to %(company)s.", company=name))

    # Tabs ───────────────────────────────────────────────────────────────────────────────────────

    def fill_tab(self, page: RecordPage, row: Any, chosen: str) -> None:
        """Fill in the tabs and the content of the chosen one."""
        related = self.related_lists(row)
        counts = self._tab_counts(related, row)
        keys = [
            "",
            *(_tab_key(view, relation) for view, relation in related),
            *self._history_keys(),
            *self.extra_tabs(),
        ]
        if chosen not in keys:
            abort(404)
        here = self.url("show", pk=row.id)
        page.tabs = [Tab("", self.first_tab(), here, chosen == "")]
        for view, relation in related:
            key = _tab_key(view, relation)
            title = view.tab_title(relation)
            page.tabs.append(Tab(key, title, f"{here}?tab={key}", key == chosen, counts.get(key)))
        for key, label in self.extra_tabs().items():
            page.tabs.append(Tab(key, str(label), f"{here}?tab={key}", key == chosen))
        if self._history_keys():
            page.tabs.append(Tab(HISTORY, _("Journal"), f"{here}?tab={HISTORY}", chosen == HISTORY))
        if chosen == HISTORY:
            page.history = self.history_of(row)
        elif chosen in self.extra_tabs():
            self.fill_extra_tab(page, row, chosen)
        elif chosen:
            view, relation = next(pair for pair in related if _tab_key(*pair) == chosen)
            page.related = view.as_tab(row, relation, here, chosen)
        else:
            self.fill_first_tab(page, row)

    def extra_tabs(self) -> Mapping[str, Any]:
        """Additional tabs of this view: key → label."""
        return {}

    def fill_extra_tab(self, page: RecordPage, row: Any, chosen: str) -> None:
        """Fill in the content of one of `extra_tabs`."""

    def picker_base(self) -> str:
        return self.url("pick", name="x")[:-2]

    def in_place(self, row: Any) -> list[str]:
        """The fields that may be changed on the record itself."""
        return []

    def first_tab(self) -> str:
        return _("Information")

    def _history_keys(self) -> list[str]:
        return [HISTORY]

    def fill_first_tab(self, page: RecordPage, row: Any) -> None:
        """Fill in the first tab: groups of fields, and the side column."""
        page.groups, page.side = self.facts(page, row)
        page.folded = fold(type(row), [*page.groups, *page.side])
        told = (view.panel_on(row, relation) for view, relation in self.related_lists(row))
        page.panels = [panel for panel in told if panel is not None]

    def facts(self, page: RecordPage, row: Any) -> tuple[list[FieldGroup], list[FieldGroup]]:
        """The groups of the main and the side column, without what stands above the tabs."""
        above = list(shown_above(page))
        sets = (self.show_fieldsets, self.side_fieldsets)
        main, side = (leave_out(self.groups(row, one), above) for one in sets)
        return main, side

    def mark_editable(self, page: RecordPage, row: Any) -> None:
        """Mark the fields that may be changed on the record itself."""
        names = set(self.in_place(row)) if page.field_url else set()
        groups = [*page.groups, *page.side]
        for one in [*page.headline, *page.figures, *(f for group in groups for f in group.fields)]:
            one.editable = one.name in names

    def groups(self, row: Any, sets: Any) -> list[FieldGroup]:
        hidden = self.hidden_fields(row)
        groups = [
            FieldGroup(title, [self.field_of(row, name) for name in names if name not in hidden])
            for title, names in self.fieldsets(sets)
        ]
        return [group for group in groups if group.fields]

    def related_lists(self, row: Any) -> list[tuple[Any, str]]:
        """(view, relationship) of each related list that the actor may read."""
        actor = current_actor()
        found = [
            (view, relation)
            for view, relation in tabs_of(type(row))
            if view.is_accessible() and view.is_visible(relation, actor)
        ]
        return sorted(found, key=lambda pair: pair[0].tab_position)

    def _tab_counts(self, related: Sequence[tuple[Any, str]], row: Any) -> dict[str, str]:
        """The count of each tab, in one statement."""
        parts = []
        for view, relation in related:
            model = view.datamodel.obj
            about = (belongs_to(model, relation, row), *view.tab_conditions())
            inner = select(model.id).where(*about).limit(1000).subquery()
            key = _tab_key(view, relation)
            parts.append(
                select(literal(key).label("key"), func.count().label("n")).select_from(inner)
            )
        if not parts:
            return {}
        found = self.datamodel.session.execute(union_all(*parts))
        return {one.key: format_number(int(one.n)) for one in found if one.n}

    def tab_conditions(self) -> list[ColumnElement[bool]]:
        """Which of its rows a tab lists, where not all that belong to the record."""
        return []

    def tab_title(self, relation: str) -> str:
        """What this list is called as a tab of the target of `relation`."""
        return str(self.tab_titles.get(relation) or self.words("list_title"))

    def as_tab(self, parent: Any, relation: str, path: str, tab: str) -> ListPage:
        """This list restricted to the rows of `parent`, with a button to add one."""
        address = self.address(path, keep=("tab",))
        address.rest = [("tab", tab)]
        self.choose_part(address)
        # Without the base conditions: the parent may be of another company than the one chosen.
        about = [belongs_to(self.datamodel.obj, relation, parent), *self.tab_conditions()]
        without = (relation, *self.tab_without.get(relation, ()))
        page: ListPage = self.list_page(address, full=False, about=about, without=without)
        page.title = page.region_label = self.tab_title(relation)
        self.put_parts(page, address)
        if relation in self.tab_empty_titles and page.empty == "nothing":
            page.empty_title, page.empty_text = str(self.tab_empty_titles[relation]), ""
        if isinstance(parent, Archivable) and parent.is_archived:
            page.add_url = ""
        if page.add_url:
            page.add_url = self.url("add", **{relation: parent.id})
        page.export_url = page.bin_url = ""
        page.totals_url = ""
        return page


def _tab_key(view: Any, relation: str) -> str:
    return f"{view.route_base.strip('/').replace('/', '-')}.{relation}"


def belongs_to(model: type[Any], relation: str, parent: Any) -> ColumnElement[bool]:
    """The condition that `relation` of a row of `model` is, or contains, `parent`."""
    attribute = getattr(model, relation)
    mapped = inspect(model).relationships[relation]
    if not mapped.uselist:
        return attribute == parent
    return has_any(attribute, [parent.id])
