"""Vocabularies with kinds, such as stages: order and rules. Source: spec 3."""

from collections.abc import Mapping
from typing import Any, TypeVar

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select, update

from crm.companies.settings import setting
from crm.core.datamodel.references import references_to, settings_naming
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, update_row
from crm.core.db import db, per_transaction
from crm.core.errors import DomainError, NotFound
from crm.core.models import spec_of

T = TypeVar("T")
# kind → (minimum, maximum) number of active rows.
Bounds = Mapping[str, tuple[int, int | None]]


def rules_by_kind(model: type[Any], bounds: Bounds, default: str) -> Rules:
    """The Rules of a vocabulary with kinds; the setting `default` names its default row."""

    def create(values: Mapping[str, Any]) -> Any:
        row = create_row(model, values)
        check_bounds(model, bounds)
        arrange(model)
        return row

    def update(row: Any, values: Mapping[str, Any]) -> None:
        check_kind(row, values)
        check_default(row, values, setting(default))
        update_row(row, values)
        check_bounds(model, bounds)
        arrange(model)

    def delete(row: Any) -> None:
        delete_row(row)
        check_bounds(model, bounds)

    return Rules(create=create, update=update, delete=delete)


def default_row(model: type[T], name: str) -> T:
    """The row for new records, named by the setting `name`."""
    pk = setting(name)
    return per_transaction((model, pk), lambda: db.session.get_one(model, pk))


def first_of_kind(model: type[Any], kind: str) -> Any:
    """The first active row of this kind. Raises NoResultFound."""

    def read() -> Any:
        statement = select(model).where(model.kind == kind, model.active.is_(True))
        return db.session.scalars(statement.order_by(model.position, model.id).limit(1)).one()

    return per_transaction((model, kind), read)


def check_kind(row: Any, values: Mapping[str, Any], name: str = "kind") -> None:
    """Refuse to change the kind of a row that is used. Raises DomainError on `name`."""
    kind = getattr(row, name)
    if values.get(name, kind) != kind and (any(references_to(row)) or settings_naming(row)):
        raise DomainError(_("The kind of a value in use cannot change."), field=name)


def check_bounds(model: type[Any], bounds: Bounds) -> None:
    """Refuse too few or too many active rows of a kind. Raises DomainError."""
    statement = select(model.kind, func.count()).where(model.active.is_(True))
    rows = db.session.execute(statement.group_by(model.kind)).all()
    found = {row[0]: row[1] for row in rows}
    for kind, (least, most) in bounds.items():
        count = found.get(kind, 0)
        if count < least:
            raise DomainError(_("Keep one active value of each kind."), field="active")
        if most is not None and count > most:
            message = ngettext(
                "Keep at most %(num)s active value of this kind.",
                "Keep at most %(num)s active values of this kind.",
                most,
            )
            raise DomainError(message, field="kind")


def check_default(row: Any, values: Mapping[str, Any], default_id: int) -> None:
    """Refuse to deactivate the default row. Raises DomainError on `active`."""
    if row.id == default_id and values.get("active") is False:
        message = _("New records start with this value; choose another default first.")
        raise DomainError(message, field="active")


def arrange(model: type[Any]) -> None:
    """Number the rows in their order, those of closed kinds last."""
    _number(model, _order(model))


def move(row: Any, step: int) -> None:
    """Move up (-1) or down (1). Raises DomainError where closed kinds would not be last."""
    order = _order(type(row))
    place = next(n for n, (pk, _position, _rank) in enumerate(order) if pk == row.id)
    if 0 <= place + step < len(order):
        order.insert(place + step, order.pop(place))
        _keep(type(row), order)


def move_beside(row: Any, neighbour: int, *, after: bool) -> None:
    """Move before or after another row. Raises DomainError as `move`; NotFound for no such row."""
    order = _order(type(row))
    moved = next(one for one in order if one[0] == row.id)
    order.remove(moved)
    place = next((n for n, one in enumerate(order) if one[0] == neighbour), None)
    if place is None:
        raise NotFound
    order.insert(place + after, moved)
    _keep(type(row), order)


def before(row: Any) -> int:
    """The id of the row before this one; 0 where it is the first."""
    order = [pk for pk, _position, _rank in _order(type(row))]
    place = order.index(row.id)
    return order[place - 1] if place else 0


def _keep(model: type[Any], order: list[tuple[int, int, int]]) -> None:
    ranks = [rank for _pk, _position, rank in order]
    if ranks != sorted(ranks):
        raise DomainError(_("Closing stages stay at the end."))
    _number(model, order)


def _order(model: type[Any]) -> list[tuple[int, int, int]]:
    """(id, position, rank) of each row; the rank is the index of its kind in the Enum."""
    kinds = list(spec_of(model, "kind").choices or ()) if hasattr(model, "kind") else []
    kind = model.kind if kinds else model.id
    found = db.session.execute(select(model.id, model.position, kind).order_by(model.id)).all()
    rows = [(pk, position, kinds.index(one) if kinds else 0) for pk, position, one in found]
    return sorted(rows, key=lambda row: (row[2], row[1]))


def _number(model: type[Any], order: list[tuple[int, int, int]]) -> None:
    """Update positions by statement, without version and journal: neighbours are not edited."""
    table = model.__table__
    same = {"changed_on": table.c.changed_on, "changed_by_id": table.c.changed_by_id}
    for number, (pk, position, _rank) in enumerate(order):
        if number != position:
            statement = update(table).where(table.c.id == pk)
            db.session.execute(statement.values(position=number, **same))
