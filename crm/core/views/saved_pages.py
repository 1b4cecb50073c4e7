"""What the pages of saved filters and those of saved reports have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.errors import DomainError, NotFound
from crm.core.models import Label
from crm.core.models.text import parse_number
from crm.core.saved import services
from crm.core.saved.layouts import Layout
from crm.core.saved.models import SavedKind, SavedView
from crm.core.security.page import Page
from crm.core.views.base import PK
from crm.core.views.saved_form import form_fields, form_page, given_by


@dataclass(frozen=True)
class SavedLine:
    """A row on the page of all of them."""

    name: str
    url: str  # "" where what it is of is out of reach
    about: str  # its list or subject
    shared: str  # the groups, or who shared it
    is_default: bool
    copy_url: str = ""
    edit_url: str = ""  # of one's own
    delete_url: str = ""


@dataclass(frozen=True)
class SavedWords:
    """Sentences about one kind, in which %(name)s is the name."""

    every: Label  # the title of the page of them all
    saved: Label
    deleted: Label
    restored: Label


@dataclass(frozen=True)
class NewSaved:
    """What is about to be saved for the first time.

    `layout` raises DomainError where it cannot be; `back` is the page that it was chosen on.
    """

    entity: str
    layout: Callable[[], Layout]
    title: str
    crumbs: Sequence[tuple[str, str]]
    back: str
    intro: str


class SavedPages(Page, ABC):
    """Save, rename, share, delete and restore what people save of one kind.

    Opened at "open", and listed at "list", by methods of the class below.
    """

    default_view = "list"
    kind: ClassVar[SavedKind]
    words: ClassVar[SavedWords]
    default_label: ClassVar[Label] = ""  # of the tick for the one that the menu opens

    @abstractmethod
    def about(self, row: SavedView) -> str:
        """The title of what a row is of; "" where the actor may not open that."""

    def copy_url(self, row: SavedView) -> str:
        """Where it is saved under another name."""
        return ""

    def fetch(self, pk: int, action: str = "read") -> SavedView:
        """The row that the actor may read, or change; 404 where it is none of theirs."""
        return self._of_kind(lambda: services.fetch(pk, action))

    def lines(self) -> Iterator[SavedLine]:
        """Those that the actor reads, by their lists and names."""
        found = db.session.scalars(
            select(SavedView)
            .where(SavedView.kind == self.kind.value)
            .order_by(SavedView.entity, SavedView.name_key, SavedView.id)
            .options(selectinload(SavedView.groups), joinedload(SavedView.user))
        )
        return map(self._line, found)

    def _line(self, row: SavedView) -> SavedLine:
        about, is_mine = self.about(row), row.user_id == current_actor().user_id
        groups = ", ".join(group.name for group in row.groups)
        return SavedLine(
            row.name,
            self.url("open", pk=row.id) if about else "",
            about or _("Not available"),
            groups if is_mine else _("Shared by %(name)s", name=row.user),
            row.is_default and is_mine,
            self.copy_url(row) if about else "",
            self.url("edit", pk=row.id) if is_mine else "",
            self.url("delete", pk=row.id) if is_mine else "",
        )

    def flash_lost(self, name: str, lost: Sequence[str]) -> None:
        """Tell what a saved row opens without."""
        if lost:
            flash(lost_words(name, lost), "warning")

    def add_page(self, new: NewSaved) -> ResponseReturnValue:
        """Ask for the name and the groups, and save."""
        fields, refused = form_fields(None, str(self.default_label)), None
        if request.method == "POST":
            try:
                layout, given = new.layout(), given_by(fields)
                with transaction():
                    row = services.create(self.kind, new.entity, layout, given)
                    pk, name = row.id, row.name
            except DomainError as error:
                refused = error
            else:
                return self._done(self.words.saved, name, self.url("open", pk=pk))
        page = form_page(new.title, new.crumbs, fields, new.back, refused)
        page.intro = new.intro
        return self.render("core/form.html", refused.status if refused else 200, page=page)

    def replaced(
        self, pk: int, layout: Callable[[], Layout], unsaved_url: str
    ) -> ResponseReturnValue:
        """Save another layout under the same name.

        After a refusal `unsaved_url` opens it without the id of the row, so that a second click
        saves beside what others saved, and not over it.
        """
        try:
            given = layout()
            with transaction():
                name = services.replace_layout(pk, given, _version()).name
        except NotFound:
            abort(404)
        except DomainError as error:
            flash(sentence(error), "danger")
            return redirect(unsaved_url, 303)
        return self._done(self.words.saved, name, self.url("open", pk=pk))

    @expose(f"/edit/{PK}", methods=("GET", "POST"))
    def edit(self, pk: int) -> ResponseReturnValue:
        """Rename it, share it, make it the one that the menu opens."""
        row, back = self.fetch(pk, "edit"), self.url("list")
        fields, version, refused = form_fields(row, str(self.default_label)), row.row_version, None
        if request.method == "POST":
            try:
                given = given_by(fields)
                with transaction():
                    name = services.change(pk, given, _version()).name
            except NotFound:
                abort(404)
            except DomainError as error:
                refused = error
            else:
                return self._done(self.words.saved, name, back)
        page = form_page(row.name, [(str(self.words.every), back)], fields, back, refused)
        page.hidden = [("row_version", str(version))]
        return self.render("core/form.html", refused.status if refused else 200, page=page)

    @expose(f"/delete/{PK}", methods=("POST",))
    def delete(self, pk: int) -> ResponseReturnValue:
        self.fetch(pk, "edit")
        with transaction():
            name = self._of_kind(lambda: services.remove(pk)).name
        text = str(self.words.deleted) % {"name": name}
        message: Any = {"text": text, "undo_url": self.url("restore", pk=pk)}
        flash(message, "success")
        return redirect(self.url("list"), 303)

    @expose(f"/restore/{PK}", methods=("POST",))
    def restore(self, pk: int) -> ResponseReturnValue:
        try:
            with transaction():
                name = self._of_kind(lambda: services.restore(pk)).name
        except DomainError as error:
            flash(sentence(error), "danger")
            return redirect(self.url("list"), 303)
        return self._done(self.words.restored, name, self.url("list"))

    def _of_kind(self, act: Callable[[], SavedView]) -> SavedView:
        """What a service answers; 404 for a row that is not the actor's, or of another kind."""
        try:
            row = act()
        except NotFound:
            abort(404)
        if row.kind != self.kind.value:
            abort(404)
        return row

    def _done(self, words: Label, name: str, url: str) -> ResponseReturnValue:
        flash(str(words) % {"name": name}, "success")
        return redirect(url, 303)


def lost_words(name: str, lost: Sequence[str]) -> str:
    """What is said of a saved row of which something is missing."""
    return _(
        "“%(name)s” opens without what no longer exists or is out of your reach: %(fields)s.",
        name=name,
        fields=", ".join(dict.fromkeys(lost)),
    )


def _version() -> int:
    return parse_number(request.form.get("row_version", "")) or 0


def sentence(error: DomainError) -> str:
    """A refusal as one line."""
    return " ".join([error.message, *error.fields.values()]).strip() or _("Nothing was saved.")
