"""Check the links of all lines of a record together: a quote can have five hundred."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, inspect, select

from crm.core.datamodel.bulk import TrackedReads
from crm.core.db import db
from crm.core.models import Reference

Lines = Sequence[Mapping[str, Any]]
CandidatesFor = Callable[[str, Mapping[str, Any]], ColumnElement[bool] | None]


def accepted_links(lines: Lines, candidates: CandidatesFor) -> frozenset[tuple[str, int]]:
    """(relation, key) of the links that are allowed for each of `lines`.

    One statement a relation. Links whose candidates depend on the line are left out, and so are
    links that are not offered: they are checked one by one, for a message on each line.
    """
    found: set[tuple[str, int]] = set()
    for relation, targets in _targets(lines).items():
        watched = TrackedReads({"company_id": None, **lines[0]})
        condition = candidates(relation, watched)
        names = watched.names
        if condition is None or names is None or _differ(lines, names):
            continue
        kind = type(next(iter(targets.values())))
        offered = select(kind.id).where(kind.id.in_(targets), condition)
        found |= {(relation, pk) for pk in db.session.scalars(offered)}
    return frozenset(found)


def _targets(lines: Lines) -> dict[str, dict[int, Any]]:
    """relation → key → stored row that lines link to, without vocabularies."""
    targets: dict[str, dict[int, Any]] = defaultdict(dict)
    for line in lines:
        for name, value in line.items():
            if isinstance(value, Model) and not isinstance(value, Reference):
                pk = inspect(value).identity
                if pk is not None:
                    targets[name][pk[0]] = value
    return targets


def _differ(lines: Lines, names: Mapping[str, None]) -> bool:
    """Whether one of these values differs between the lines."""
    return any(line.get(name) is not lines[0].get(name) for line in lines for name in names)
