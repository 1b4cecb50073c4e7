"""/X/list/: the list, its CSV, and what scripts fetch for it."""

from flask import jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access

from crm.core.actor import current_actor
from crm.core.rows import criteria
from crm.core.views.list_parts import ALL, ListParts
from crm.core.views.nav import default_url
from crm.core.views.pages import ListPage
from crm.core.views.presets import SAVED
from crm.core.views.tabs import tab_counts


class ListPages(ListParts):
    """The list, and what scripts fetch for it: pickers and totals.

    A class apart, because the method `list` hides the type in its body.
    """

    list_template = "core/list.html"

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        if "filter" in request.args:
            return redirect(self.canonical(self.address(self.url("list"), [SAVED])), 302)
        page = self.list_page(self.address(keep=[SAVED]), full=True)
        return self.render(self.list_template, page=page)

    @expose("/")
    @has_access
    def index(self) -> ResponseReturnValue:
        return redirect(default_url(self, current_actor()) or self.opening_url(), 302)

    @expose("/export")
    @has_access
    def export(self) -> ResponseReturnValue:
        """The list as CSV, filtered and ordered as shown; only rows within the export scope."""
        address = self.address()
        query = self.query(address, extra=[criteria(self.datamodel.obj, "export")])
        return self.exported(address, query, self.route_base.strip("/").replace("/", "-"))

    @expose("/totals/")
    @has_access
    def totals(self) -> ResponseReturnValue:
        """The sums of a long list, fetched after the page."""
        address = self.address()
        query = self.query(address)
        counted = self.datamodel.select(*query.counted)
        totals = self.datamodel.totals(counted, self.visible(self.sum_columns), cap=ALL, summed=ALL)
        page = ListPage("", self.key, self.icon, columns=self.columns(address))
        self._put_sums(page, totals)
        return self.render("core/parts/sums.html", page=page)

    @expose("/counts/")
    @has_access
    def counts(self) -> ResponseReturnValue:
        """The counts on the tabs, fetched after the page."""
        return self.render(
            "core/parts/counts.html", counts=tab_counts(self, request.args.get(SAVED, ""))
        )

    @expose("/pick/<name>")
    @has_access
    def pick(self, name: str) -> ResponseReturnValue:
        """JSON for a picker: up to twenty rows for a form field or a filter."""
        found = self._options_of(name, request.args.get("q", "")[:100])
        return jsonify(results=found, more=False)
