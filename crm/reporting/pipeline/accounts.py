"""/reporting/pipeline/accounts: clients and prospects, whose other lists have one kind each."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user

from crm.core.rows import criteria
from crm.core.security.page import Page
from crm.core.views.address import ListAddress
from crm.core.views.filterbar import Query
from crm.core.views.pages import ListPage
from crm.reporting.pipeline.subjects import ACCOUNTS, FOLLOW_UP


class AccountsTogether(Page):
    """The list that the figures of clients and prospects open, with the filters of their lists."""

    @expose("/pipeline/accounts")
    def pipeline_accounts(self) -> ResponseReturnValue:
        view = _view()
        address = view.address(self.url("pipeline_accounts"))
        if "filter" in request.args:
            return redirect(view.canonical(address), 302)
        page: ListPage = view.list_page(address, full=True, about=ACCOUNTS.base(view))
        page.title = page.region_label = str(ACCOUNTS.title)
        page.crumbs = [(_("Reporting"), ""), (str(FOLLOW_UP), _follow_up())]
        page.presets, page.saved_tabs, page.counts_url = [], [], ""
        page.save_url = page.add_url = page.bin_url = ""
        if page.empty:
            page.empty = "no_result"
        if page.export_url:
            page.export_url = export_url(address)
        return self.render("core/list.html", page=page)

    @expose("/pipeline/accounts/export")
    def pipeline_accounts_export(self) -> ResponseReturnValue:
        """The same as CSV, of the rows that the actor may export."""
        view = _view()
        if not view.can("export"):
            abort(403)
        address = view.address()
        within = criteria(ACCOUNTS.model, "export")
        query: Query = view.query(address, ACCOUNTS.base(view), [within])
        answer: ResponseReturnValue = view.exported(address, query, ACCOUNTS.key)
        return answer


def export_url(address: ListAddress) -> str:
    """The address of the list as CSV."""
    found = ListAddress(address.key, url_for("ReportingView.pipeline_accounts_export"))
    return found.at(address.pairs())


def _view() -> Any:
    """The list that shows them; 404 where the actor may not open it."""
    if not current_user.is_authenticated:
        abort(401)
    return ACCOUNTS.view() or abort(404)


def _follow_up() -> str:
    return f"{url_for('ReportingView.pipeline')}?subject={ACCOUNTS.key}"
