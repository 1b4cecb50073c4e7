"""/saved_filters: filters of lists that people save, for themselves or for their groups."""

from dataclasses import replace

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.saved.models import SavedKind, SavedView
from crm.core.views.base import PK
from crm.core.views.filterbar import FilterBar
from crm.core.views.layouts import filter_words, layout_of, list_of, opened
from crm.core.views.presets import SAVED
from crm.core.views.saved_pages import NewSaved, SavedPages, SavedWords


class SavedFilterView(SavedPages):
    """Saved filters: one's own, and to be opened those of one's groups."""

    route_base = "/saved_filters"
    kind = SavedKind.LIST
    words = SavedWords(
        _l("Saved filters"),
        _l("Filter “%(name)s” saved"),
        _l("Filter “%(name)s” deleted"),
        _l("Filter “%(name)s” restored"),
    )
    default_label = _l("Open the list with this filter")

    @expose("/list/")
    def list(self) -> ResponseReturnValue:
        lines = [*self.lines()]
        return self.render("core/saved.html", title=str(self.words.every), lines=lines)

    def about(self, row: SavedView) -> str:
        view = list_of(row.entity)
        return view.words("list_title") if view is not None else ""

    @expose(f"/open/{PK}")
    def open(self, pk: int) -> ResponseReturnValue:
        """The list as it was saved, without what went away, which is said."""
        row = self.fetch(pk)
        view = list_of(row.entity)
        if view is None:
            abort(404)
        found = opened(view, row.layout, [(SAVED, str(row.id))])
        self.flash_lost(row.name, found.lost)
        return redirect(found.url, 302)

    @expose("/add", methods=("GET", "POST"))
    def add(self) -> ResponseReturnValue:
        """Save the filters of the list whose address is in this one's arguments."""
        view = _list(request.args.get("list", ""))
        address = view.address(view.url("list"), [SAVED])
        title, back = view.words("list_title"), address.url()
        return self.add_page(
            NewSaved(
                view.entity,
                lambda: layout_of(view, address),
                _("Save this filter"),
                [(title, back)],
                back,
                filter_words(view, address),
            )
        )

    @expose(f"/update/{PK}", methods=("POST",))
    def update(self, pk: int) -> ResponseReturnValue:
        """Save the filters of a list under the name that they had before they were changed."""
        view = _list(self.fetch(pk, "edit").entity)
        address = view.address(view.url("list"), [SAVED])
        unsaved = replace(address, rest=[]).url()
        return self.replaced(pk, lambda: layout_of(view, address), unsaved)


def _list(entity: str) -> FilterBar:
    return list_of(entity) or abort(404)
