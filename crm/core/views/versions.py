"""Optimistic locking of pages: each action sends the version of the row that its page showed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import abort, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import inspect

from crm.core.journal import Journal, since
from crm.core.models import find_spec
from crm.core.models.fields import link_behind
from crm.core.models.text import format_instant
from crm.core.views.display import zone
from crm.core.views.record import RecordPages

BeforeAfter = Sequence[Any]  # before and after, as the journal keeps them


@dataclass(frozen=True)
class FieldChange:
    """A change of one field by others; `words` are (label, before, after) of each column."""

    label: str
    words: Sequence[tuple[str, str, str]]
    pair: BeforeAfter
    yours: str = ""  # the text that this user typed


@dataclass(frozen=True)
class ConcurrentEdit:
    """What others changed since a version: field → change."""

    who: str = ""
    when: str = ""
    changes: Mapping[str, FieldChange] = field(default_factory=dict)


class VersionPages(RecordPages):
    """Refuses actions on a version of the row that the user has not seen."""

    def act_url(self, method: str, row: Any, **values: Any) -> str:
        """The URL of a button, with the version of the row."""
        return self.url(method, pk=row.id, row_version=row.row_version, **values)

    def checked_version(self, row: Any) -> int:
        """The row's version, where nothing that its page showed has changed since the posted one.

        Otherwise aborts with 409 and the record as it is now.
        """
        told = self.concurrent_edit(row, posted_version(), self.compared_names())
        if told is not None:
            abort(make_response(self.stale_page(row, told)))
        return int(row.row_version)

    def stale_response(self, pk: int) -> ResponseReturnValue:
        """The 409 for a Conflict: somebody else saved between the check and the write."""
        self.datamodel.session.expire_all()
        row = self.row(pk)
        told = self.concurrent_edit(row, posted_version(), self.compared_names())
        return self.stale_page(row, told or ConcurrentEdit())

    def stale_page(self, row: Any, told: ConcurrentEdit) -> ResponseReturnValue:
        """409: the record as it is now, and above it what others changed."""
        page = self.record_page(row)
        page.concurrent_edit = told
        self.fill_tab(page, row, "")
        here = self.page_of(row)
        return self.render(self.show_template, 409, page=page, row=row, here=here)

    def compared_names(self) -> set[str]:
        """The fields that record and form show now; changes of others are no conflict."""
        names = self.visible([*(self.edit_columns or ()), *self.record_names()])
        return {name.partition(".")[0] for name in names}

    def concurrent_edit(
        self, row: Any, version: int, names: Collection[str] | None = None
    ) -> ConcurrentEdit | None:
        """What was changed of `names` since `version`; None where nothing was.

        A higher version alone is no conflict: columns that no page shows raise it too.
        """
        if version == row.row_version:
            return None
        if version > row.row_version:
            return ConcurrentEdit()  # the page is older than a restored backup
        entries = since(self.datamodel.session, row, version)
        found = self._became(row, _folded(one.changes for one in entries))
        changes = {n: change for n, change in found.items() if names is None or n in names}
        if not changes:
            return None
        people = dict.fromkeys(str(one.user) for one in entries if one.user is not None)
        return ConcurrentEdit(", ".join(people), format_instant(entries[-1].at, zone()), changes)

    def _became(self, row: Any, pairs: Mapping[str, BeforeAfter]) -> dict[str, FieldChange]:
        """field → change, of the fields that the actor may read."""
        model, hidden = type(row), self.hidden_fields(row)
        labels = self._names_behind(model, [Journal(changes=dict(pairs))])
        found: dict[str, FieldChange] = {}
        for column, (before, after) in pairs.items():
            words = self._changes(model, column, before, after, labels)
            name = field_behind(model, column)
            if words and column not in hidden and name not in hidden:
                told = found[name].words if name in found else ()
                label = _label(model, name, words[0][0])
                found[name] = FieldChange(label, [*told, *words], (before, after))
        return found


def _label(model: type[Any], name: str, label: str) -> str:
    spec = find_spec(model, name)
    return str(spec.label) if spec is not None else label


def _folded(changes: Iterable[Mapping[str, BeforeAfter]]) -> dict[str, BeforeAfter]:
    """name → (before the first change, after the last); of a list, all removed and added."""
    folded: dict[str, BeforeAfter] = {}
    for one in changes:
        for name, pair in one.items():
            folded[name] = _joined(folded[name], pair) if name in folded else pair
    return {name: pair for name, pair in folded.items() if pair[0] != pair[1]}


def _joined(first: BeforeAfter, then: BeforeAfter) -> BeforeAfter:
    if any(isinstance(side, list) for side in (*first, *then)):
        return [[*(one or ()), *(other or ())] for one, other in zip(first, then, strict=True)]
    if isinstance(first[1], dict) and isinstance(then[1], dict) and "values" in then[1]:
        before, after = first[0], {**first[1]["values"], **then[1]["values"]}
        if before is not None:  # a line with two entries, each with the columns that changed
            before = {**before, "values": {**then[0]["values"], **before["values"]}}
        return before, {**then[1], "values": after}
    return first[0], then[1]


def field_behind(model: type[Any], name: str) -> str:
    """The field behind a name in the journal: `owner` for `owner_id`, `lines` for `lines.12`."""
    mapper = inspect(model)
    relation = name.partition(".")[0]
    if relation in mapper.relationships:
        return relation
    link = link_behind(mapper, name)
    return str(link.key) if link is not None else name


def posted_version() -> int:
    """The version in the posted form or URL; 400 without one."""
    text = request.form.get("row_version") or request.args.get("row_version", "")
    if not text.isdecimal() or len(text) > 9:
        abort(400)
    return int(text)
