"""POST /<pk>/merge: other records become one with this one, as on the page of a merge.

The body names the others with the versions that were read, and may say of single fields whose
value is kept. The rules and words are those of the page: `crm.core.merging`. Source: spec 6.4.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from flask_babel import gettext as _

from crm.core.api.query_schemas import object_schema
from crm.core.api.reading import is_id
from crm.core.api.schemas import ID, Schema
from crm.core.api.verbs import Verb
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, Forbidden, NotFound
from crm.core.merging import (
    FEWEST,
    MOST,
    Sources,
    check_records,
    choices,
    is_joined,
    is_offered,
    may_merge,
    merge,
    merged_fields,
    plan_merge,
)

VALUES = (
    "Field → the id of the record whose value is kept; of a long text those whose texts follow each"
    " other. Else it is that of the kept record or, where it has none, of the first other that has"
    " one."
)


@dataclass(frozen=True)
class MergeVerb(Verb):
    """Merges records into the one of the address. Sent twice, it answers with what it did."""

    act: Callable[..., Any] = merge

    def respond(self, api: Any, pk: int, body: dict[str, Any]) -> Response:
        if not may_merge(api.class_permission_name):
            raise Forbidden(_("You are not allowed to merge records."))
        api.fetch(pk, "edit")  # what is out of reach is not there, whatever the body says
        version = api.read_row_version(body)
        versions = _others(body.pop("others", None))
        chosen = body.pop("values", {})
        if body:
            raise DomainError(fields=dict.fromkeys(body, _("Unknown field.")))
        records = _records(api, pk, [number for number, _version in versions])
        if len(records) == 1 and versions:
            return _saved(api, pk)
        check_records(records, api.view.merge_rules)
        _check_versions(records, [version, *(given for _number, given in versions)])
        sources = dict(_sources(api, records, chosen))
        try:
            _merge(api, records, sources)
        except (Conflict, NotFound) as error:
            api.datamodel.session.expire_all()
            if len(_records(api, pk, [number for number, _version in versions])) == 1:
                return _saved(api, pk)
            raise Conflict(_("Somebody else changed this record in the meantime.")) from error
        return _saved(api, pk)

    def body_schema(self, api: Any) -> Schema:
        model = api.datamodel.obj
        other = object_schema(("id", "row_version"), id=dict(ID), row_version=dict(ID))
        others = {"type": "array", "items": other, "minItems": FEWEST - 1, "maxItems": MOST - 1}
        values = object_schema((), **{name: _source(model, name) for name in _names(api)})
        closed = {"additionalProperties": False, "description": VALUES}
        body = object_schema(
            ("row_version", "others"), row_version=dict(ID), others=others, values=values | closed
        )
        return body | {"additionalProperties": False}


def _saved(api: Any, pk: int) -> Response:
    response: Response = api.saved(pk)
    return response


def _source(model: type[Any], name: str) -> Schema:
    return {"type": "array", "items": dict(ID)} if is_joined(model, name) else dict(ID)


def _names(api: Any) -> list[str]:
    """The fields that the page compares."""
    known = merged_fields(api.datamodel.obj)
    names = api.visible(dict.fromkeys([*api.view.merge_first, *api.edit_columns]))
    return [name for name in names if name in known]


def _merge(api: Any, records: Sequence[Any], sources: Sources) -> None:
    """Raises DomainError, fields by their place in the body."""
    try:
        plan = plan_merge(records, records[0], sources, api.view.merge_rules)
    except (Conflict, Forbidden, NotFound):
        raise
    except DomainError as error:
        fields = dict(error.fields)
        message = error.message or fields.pop("keep", "")
        fields = {f"values.{name}": text for name, text in fields.items()}
        raise DomainError(message, fields=fields) from error
    with transaction():
        merge(plan)


# What the body says ─────────────────────────────────────────────────────────────────────────────


def _others(raw: Any) -> list[tuple[int, int]]:
    """(id, version) of the others. Raises DomainError by place."""
    if not isinstance(raw, list) or len(raw) > 2 * MOST:
        raise DomainError(_("Send a list of objects."), field="others")
    wrong: dict[str, str] = {}
    for number, one in enumerate(raw):
        wrong |= {f"others.{number}{name}": text for name, text in _faults(one)}
    if wrong:
        raise DomainError(fields=wrong)
    return [(one["id"], one["row_version"]) for one in raw]


def _faults(one: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(one, dict):
        yield "", _("Send an object.")
        return
    yield from ((f".{name}", _("Unknown field.")) for name in one.keys() - {"id", "row_version"})
    if not is_id(one.get("id")):
        yield ".id", _("Enter a whole number.")
    if not is_id(one.get("row_version")):
        yield ".row_version", _("Send the row_version that you read.")


def _sources(api: Any, records: Sequence[Any], raw: Any) -> Iterator[tuple[str, Sequence[int]]]:
    """Field → ids of the records whose value is kept. Raises DomainError by place."""
    if not isinstance(raw, dict):
        raise DomainError(_("Send an object."), field="values")
    names, open_ = _names(api), choices(records[0], api.view.merge_rules)
    wrong: dict[str, str] = {}
    found: dict[str, Sequence[int]] = {}
    for name, given in raw.items():
        if name not in names:
            wrong[f"values.{name}"] = _("Unknown field.")
        elif name not in open_:
            wrong[f"values.{name}"] = _("This field is read-only.")
        elif (ids := _ids(records, name, given)) is None:
            wrong[f"values.{name}"] = _("Not a valid choice.")
        else:
            found[name] = ids
    if wrong:
        raise DomainError(fields=wrong)
    yield from found.items()


def _ids(records: Sequence[Any], name: str, given: Any) -> list[int] | None:
    """The records that were named; None where these are not offered."""
    joined = is_joined(type(records[0]), name)
    ids = given if joined else [given]
    known = {row.id for row in records if is_offered(row, name, records)}
    if not isinstance(ids, list) or not all(is_id(pk) and pk in known for pk in ids):
        return None
    return list(dict.fromkeys(ids))


# Which records ──────────────────────────────────────────────────────────────────────────────────


def _records(api: Any, pk: int, others: Sequence[int]) -> list[Any]:
    """The kept record, then the others; the kept one alone where all were merged into it.

    Raises NotFound, and Conflict where some were.
    """
    found: Mapping[int, Any] = api.datamodel.fetch_each([pk, *others], "edit", _names(api))
    kept = found.get(pk) or api.fetch(pk, "edit")
    gone = [other for other in others if other not in found]
    if not gone:
        return [kept, *(found[other] for other in others)]
    for other in gone:
        into = api.kept_instead(other)
        if into is None:
            raise NotFound
        if into.id != pk:
            raise NotFound(_("This record was merged into record %(id)s.", id=into.id))
    if len(gone) < len(others):
        raise Conflict(
            _("Some of these records have been merged in the meantime. Compare what is left.")
        )
    return [kept]


def _check_versions(records: Sequence[Any], versions: Sequence[int | None]) -> None:
    """Raises Conflict, by place, where one of them was saved since it was read."""
    wrong: dict[str, str] = {}
    for number, (row, version) in enumerate(zip(records, versions, strict=True)):
        try:
            check_version(row, version)
        except Conflict as error:
            wrong[f"others.{number - 1}.row_version" if number else "row_version"] = error.message
    if wrong:
        raise Conflict(next(iter(wrong.values())), fields=wrong)
