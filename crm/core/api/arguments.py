"""Parsing of the argument `q`, by the schema of its endpoint.

What does not fit is a 400 with the reason, or a 422 on the argument where only the value is wrong.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import prison
from flask import request
from flask_babel import gettext as _
from jsonschema import Draft4Validator, ValidationError
from werkzeug.exceptions import BadRequest

from crm.core.api.query_schemas import ALWAYS, MAX_PAGE_SIZE, Schema
from crm.core.api.values import value_of
from crm.core.errors import DomainError
from crm.core.models import Spec, kinds
from crm.core.models.kinds import CONTROL
from crm.core.models.kinds.times import offset_expected

LONGEST_SEARCH = 100  # characters
MOMENT = Spec("", kinds.INSTANT, required=True)  # of `since`
# prison 0.2 raises these, beside its own exception, for a truncated text.
BROKEN = (prison.decoder.ParserException, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True)
class ListArguments:
    columns: list[str] | None  # None: all of them
    keys: frozenset[str] | None  # the labels to return; None: all
    filters: Sequence[Mapping[str, Any]]
    search: str
    order: tuple[str, str] | None
    page: int
    size: int
    cursor: str  # the token of the page before
    since: datetime | None


def read_arguments(schema: Schema) -> ListArguments:
    """Parse the request's `q`. Raises BadRequest, DomainError."""
    # A filter beside q would be ignored silently.
    for name in request.args.keys() - {"q", "lang"}:
        raise BadRequest(_("Unknown argument: %(name)s.", name=name))
    q = parse_q(request.args.get("q", ""))
    for error in Draft4Validator(schema).iter_errors(q):
        raise _refusal(error, q)
    if q.get("cursor") and "page" in q:
        raise _wrong_cursor()
    size = schema["properties"].get("page_size", {"default": 0})["default"]
    names = [*q.get("columns", ()), *q.get("select_columns", ())]
    return ListArguments(
        columns=[n for n in dict.fromkeys(names) if n not in ALWAYS] if names else None,
        keys=frozenset(q.get("keys", ())) or None,
        filters=q.get("filters", ()),
        # A phone number, or a name of digits, is a number in rison and JSON.
        search=CONTROL.sub(" ", str(q.get("search", ""))).strip()[:LONGEST_SEARCH],
        order=(q["order_column"], q.get("order_direction", "asc")) if "order_column" in q else None,
        page=q.get("page", 0),
        size=q.get("page_size", size),
        cursor=q.get("cursor", ""),
        since=_since(q["since"]) if "since" in q else None,
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
    raise BadRequest(_("The argument q must be Rison or JSON of the documented shape."))


def is_text(found: Any) -> bool:
    """Whether all strings in `found` can be encoded: JSON can hold lone surrogates (\\ud800)."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except (RecursionError, TypeError, ValueError):
        return False
    return True


def _refusal(error: ValidationError, q: Mapping[str, Any]) -> Exception:
    """The 422 on an argument, else the 400 for what does not fit the schema."""
    path = [*error.absolute_path]
    match path, error.validator:
        case ["cursor"], _any:
            return _wrong_cursor()
        case ["since"], _any:
            return DomainError(str(offset_expected()), field="since")
        case ["page_size"], "maximum":
            message = _("A page has at most %(num)s rows.", num=MAX_PAGE_SIZE)
            return DomainError(message, field="page_size")
        case ["filters", number, _name], "enum":
            return DomainError(_("This filter does not exist."), field=q["filters"][number]["col"])
        case _path, "additionalProperties":
            name = next(iter(error.instance.keys() - error.schema["properties"]))
            return BadRequest(_("Unknown argument: %(name)s.", name=name))
    name, value = ".".join(map(str, path)), f"{error.instance!r:.60}"
    words = _("%(name)s cannot be %(value)s: see the API description.", name=name, value=value)
    return BadRequest(words)


def _wrong_cursor() -> DomainError:
    message = _("cursor comes from the previous page and is sent without page.")
    return DomainError(message, field="cursor")


def _since(text: str) -> datetime:
    try:
        moment: datetime = value_of(MOMENT, text)
    except ValueError as error:
        raise DomainError(str(error), field="since") from error
    return moment
