"""Saved reports: one's own, and those of one's groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.saved import services
from crm.core.saved.models import SavedKind, SavedView
from crm.reporting.own.layout import open_saved
from crm.reporting.own.subjects import subject


@dataclass(frozen=True)
class ReportLine:
    """A saved report on the page of them all."""

    name: str
    url: str  # "" where its list is out of reach
    list_title: str
    shared: str  # the groups, or who shared it
    copy_url: str = ""
    edit_url: str = ""  # of one's own
    delete_url: str = ""


def lines() -> list[ReportLine]:
    """The reports that the actor reads."""
    loaded = (selectinload(SavedView.groups), joinedload(SavedView.user))
    found = db.session.scalars(
        select(SavedView)
        .where(SavedView.kind == SavedKind.REPORT.value)
        .order_by(SavedView.name_key, SavedView.id)
        .options(*loaded)
    )
    return [_line(row) for row in found]


def _line(row: SavedView) -> ReportLine:
    view, is_mine = subject(row.entity), row.user_id == current_actor().user_id
    groups = ", ".join(group.name for group in row.groups)
    return ReportLine(
        row.name,
        url_for("OwnReportView.open", pk=row.id) if view is not None else "",
        view.words("list_title") if view is not None else _("Not available"),
        groups if is_mine else _("Shared by %(name)s", name=row.user),
        copy_url(view, row) if view is not None else "",
        url_for("OwnReportView.edit", pk=row.id) if is_mine else "",
        url_for("OwnReportView.delete", pk=row.id) if is_mine else "",
    )


def copy_url(view: Any, row: SavedView) -> str:
    """Where a report is saved under another name."""
    query = open_saved(view, row.layout).query
    return f"{url_for('OwnReportView.add', entity=view.entity)}?{query}"


def fetch(pk: int, action: str = "read") -> SavedView:
    """The saved report that the actor may read, or change; 404 where it is none of theirs."""
    try:
        row = services.fetch(pk, action)
    except NotFound:
        abort(404)
    if row.kind != SavedKind.REPORT.value:
        abort(404)
    return row


def lost_words(name: str, lost: Sequence[str]) -> str:
    """What is said of a report of which something went away."""
    return _(
        "“%(name)s” opens without what no longer exists or is out of your reach: %(fields)s.",
        name=name,
        fields=", ".join(dict.fromkeys(lost)),
    )
