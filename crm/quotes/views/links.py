"""The links by which a customer answers a quote: made, shown once, revoked. Source: spec 8.4."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import flash, make_response, redirect
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.models.text import format_day, format_instant
from crm.core.views import PK, Action, Field, ModelView, Panel, RecordPage
from crm.core.views.display import zone
from crm.quotes.models import UNANSWERED, Quote
from crm.quotes.services import links


@dataclass(frozen=True)
class LinkPage:
    """Everything templates/quotes/link.html places."""

    title: str
    crumbs: list[tuple[str, str]]
    address: str
    text: str
    back_url: str


class QuoteLinks(ModelView):
    """The acceptance links of a quote."""

    method_actions: ClassVar[Mapping[str, str]] = {"link": "edit", "revoke_link": "edit"}

    def fill_first_tab(self, page: RecordPage, row: Any) -> None:
        super().fill_first_tab(page, row)
        if row.status in UNANSWERED:
            page.panels.insert(0, self._links_panel(row))

    def _links_panel(self, row: Quote) -> Panel:
        found = links.links_of(row)
        panel = Panel(_("Acceptance link"), empty="" if found else _("No link yet"))
        panel.lines = [
            Field(
                "link",
                "",
                "text",
                None,
                _("Made on %(time)s", time=format_instant(one.link.created_on, zone())),
            )
            for one in found[:5]
        ]
        if self.may("edit", row):
            make = Action(_("Make a link"), self.url("link", pk=row.id), "link", "post")
            panel.actions = [make, *([self._revoking(row)] if found else [])]
        return panel

    def _revoking(self, row: Quote) -> Action:
        asked = _("The customer can no longer open the quote by the links they have.")
        url = self.act_url("revoke_link", row)
        return Action(_("Revoke the links"), url, "link-off", "post", confirm=asked)

    @expose(f"/link/{PK}", methods=("POST",))
    @has_access
    def link(self, pk: int) -> ResponseReturnValue:
        """Make a link, and show it in this response only."""
        row = self.row(pk, "edit")
        try:
            with transaction():
                _shared, address = links.share(row)
        except DomainError as error:
            flash(" ".join(error.fields.values()), "danger")
            return redirect(self.url("show", pk=row.id), 303)
        until = format_day(row.valid_until)
        page = LinkPage(
            _("Acceptance link"),
            self.breadcrumbs(row),
            address,
            _("By this link the customer reads the quote, and accepts or refuses it until %(day)s.",
              day=until),
            self.url("show", pk=row.id),
        )  # fmt: skip
        response = make_response(self.render("quotes/link.html", page=page))
        response.headers["Cache-Control"] = "no-store"
        return response

    @expose(f"/revoke_link/{PK}", methods=("POST",))
    @has_access
    def revoke_link(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        return self.perform(row, lambda: links.revoke(row), _("Links revoked"))
