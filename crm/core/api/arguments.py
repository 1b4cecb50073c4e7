"""Parsing of `?q=`: limits, and visible names only; otherwise a 400 with the reason."""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import prison
from flask import request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from crm.core.api.values import value_of
from crm.core.errors import DomainError
from crm.core.models import Spec, kinds
from crm.core.models.kinds import CONTROL

MAX_PAGE_SIZE = 100
# Larger offsets exceed the database's integers.
LAST_PAGE = 1_000_000
LONGEST_SEARCH = 100  # characters
MOMENT = Spec("", kinds.INSTANT, required=True)  # of `since`
OUTER = ("q", "lang")
# The labels that come with an answer, and the argument `keys` chooses from.
LIST_KEYS = (
    "list_columns", "order_columns", "label_columns", "description_columns", "list_title",
)  # fmt: skip
SHOW_KEYS = ("show_columns", "label_columns", "description_columns", "show_title")
INFO_KEYS = ("permissions", "add_columns", "edit_columns", "filters", "add_title", "edit_title")
# prison 0.2 raises these, beside its own exception, for a truncated text.
BROKEN = (prison.decoder.ParserException, LookupError, RecursionError, TypeError, ValueError)
ALWAYS = ("id", "row_version")  # in every row, requested or not


@dataclass(frozen=True)
class ListArguments:
    columns: list[str] | None = None  # None: all of them
    keys: frozenset[str] | None = None  # the labels to return; None: all
    filters: tuple[Mapping[str, Any], ...] = ()
    search: str = ""
    order: tuple[str, str] | None = None
    page: int = 0
    size: int = 20
    cursor: str = ""  # the token of the page before
    since: datetime | None = None


def read_arguments(
    known: Collection[str], columns: Collection[str], keys: Collection[str], size: int = 20
) -> ListArguments:
    """Parse the request's `q`. `known` are the arguments that the endpoint has.

    Raises BadRequest where it is malformed; DomainError for values out of range.
    """
    given = parse_q(request.args.get("q", ""))
    # A filter beside q would be ignored silently.
    unknown = [*(n for n in request.args if n not in OUTER), *(n for n in given if n not in known)]
    if unknown:
        raise BadRequest(_("Unknown argument: %(name)s.", name=unknown[0]))
    return ListArguments(
        columns=_columns(given, columns),
        keys=_keys(given, keys),
        filters=_filters(given),
        search=_search(given),
        order=_order(given),
        page=_number(given, "page", 0, 0, LAST_PAGE),
        size=_size(given, size),
        cursor=_cursor(given),
        since=_since(given),
    )


def parse_q(text: str) -> dict[str, Any]:
    """Parse rison, else JSON, as in FAB 5.3. Raises BadRequest."""
    if not text:
        return {}
    for parse in (prison.loads, json.loads):
        with suppress(*BROKEN):
            found = parse(text)
            if isinstance(found, dict) and is_text(found):
                return found
    raise BadRequest(_("The argument q is neither rison nor JSON of the expected shape."))


def is_text(found: Any) -> bool:
    """Whether all strings in `found` can be encoded: JSON can hold lone surrogates (\\ud800)."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except (RecursionError, TypeError, ValueError):
        return False
    return True


def _names(given: Mapping[str, Any], argument: str) -> list[str]:
    names = given.get(argument, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequest(_("%(name)s must be a list of names.", name=argument))
    return names


def _columns(given: Mapping[str, Any], known: Collection[str]) -> list[str] | None:
    names = [*_names(given, "columns"), *_names(given, "select_columns")]
    for name in names:
        if name not in known and name not in ALWAYS:
            raise BadRequest(_("Unknown column: %(name)s.", name=name))
    return [n for n in dict.fromkeys(names) if n not in ALWAYS] if names else None


def _keys(given: Mapping[str, Any], known: Collection[str]) -> frozenset[str] | None:
    names = _names(given, "keys")
    for name in names:
        if name not in known and name != "none":
            raise BadRequest(_("Unknown key: %(name)s.", name=name))
    return frozenset(names) if names else None


def _filters(given: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    filters = given.get("filters", [])
    if not isinstance(filters, list) or not all(_is_filter(one) for one in filters):
        raise BadRequest(_("filters must be a list of {col, opr, value}."))
    return tuple(filters)


def _is_filter(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and one.keys() <= {"col", "opr", "value"}
        and isinstance(one.get("col"), str)
        and isinstance(one.get("opr"), str)
    )


def _search(given: Mapping[str, Any]) -> str:
    text = given.get("search", "")
    # Numbers are accepted: a phone number or a name of digits is one in rison and JSON.
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise BadRequest(_("search must be a text."))
    return CONTROL.sub(" ", str(text)).strip()[:LONGEST_SEARCH]


def _order(given: Mapping[str, Any]) -> tuple[str, str] | None:
    column, direction = given.get("order_column", ""), given.get("order_direction", "asc")
    if not isinstance(column, str) or direction not in ("asc", "desc"):
        raise BadRequest(_("order_column is a name, order_direction asc or desc."))
    return (column, direction) if "order_column" in given else None


def _size(given: Mapping[str, Any], default: int) -> int:
    size = _number(given, "page_size", default, 1, 2**31)
    if size > MAX_PAGE_SIZE:
        message = _("A page has at most %(num)s rows.", num=MAX_PAGE_SIZE)
        raise DomainError(message, field="page_size")
    return size


def _cursor(given: Mapping[str, Any]) -> str:
    cursor = given.get("cursor", "")
    if not isinstance(cursor, str) or (cursor and "page" in given):
        message = _("cursor is a text of the page before, and stands without page.")
        raise DomainError(message, field="cursor")
    return cursor


def _since(given: Mapping[str, Any]) -> datetime | None:
    try:
        return value_of(MOMENT, given["since"]) if "since" in given else None
    except ValueError as error:
        raise DomainError(str(error), field="since") from error


def _number(given: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    number = given.get(name, default)
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise BadRequest(_("%(name)s must be a whole number from %(low)s on.", name=name, low=low))
    return number
