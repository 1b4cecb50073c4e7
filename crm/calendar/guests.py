"""The guests of an event as they are saved: each once, never the organiser. Source: spec 9.2."""

from collections.abc import Container, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.calendar.models import Event, Participant
from crm.calendar.models.participant import WHO
from crm.companies.assignable import colleagues
from crm.companies.models import User
from crm.core.db import db
from crm.core.errors import DomainError

Values = Mapping[str, Any]
Who = tuple[str, Any]  # relation and key, or "email" and the address


def checked(values: dict[str, Any], event: Event | None = None) -> dict[str, Any]:
    """`values` with each guest once and without the owner. Raises DomainError by line.

    A guest who was there before keeps the row, and the answer in it, however the line came; a line
    that names somebody else than its row is a new guest, who has not answered.
    """
    owner = values.get("owner", event.owner if event is not None else None)
    owner_id = owner.id if owner is not None else None
    present = {who_is(one): one for one in event.participants} if event is not None else {}
    if "participants" not in values:
        if ("user", owner_id) not in present:
            return values
        lines: Sequence[Values] = [{"id": one.id} for one in present.values()]
    else:
        lines = values["participants"] or []
    company = values.get("company") or (event.company if event is not None else None)
    _refuse_strangers(lines, company, present)
    by_id = {one.id: who for who, one in present.items()}
    kept: dict[Who, Values] = {}
    for line in lines:
        who = who_in(line) or by_id.get(line.get("id", 0))
        if who is None:
            kept["line", len(kept)] = line  # its check says what is wrong with it
        elif who != ("user", owner_id) and who not in kept:
            known = {"id": present[who].id} if who in present else {}
            new = {name: value for name, value in line.items() if name != "id"}
            kept[who] = {**new, **known}
    return {**values, "participants": list(kept.values())}


def differ(event: Event, lines: Sequence[Values]) -> bool:
    """Whether these lines are other guests, or the same in other roles, than the event has."""
    present = {who_is(one): one.role for one in event.participants}
    by_id = {one.id: who_is(one) for one in event.participants}
    given = [(who_in(line) or by_id.get(line.get("id", 0)), line.get("role")) for line in lines]
    return len(given) != len(present) or any(
        who not in present or role not in (None, present[who]) for who, role in given
    )


def who_is(one: Participant) -> Who:
    """Who a participant is."""
    if one.email is not None:
        return ("email", one.email.lower())
    relation = next(name for name in WHO if getattr(one, f"{name}_id", None) is not None)
    return (relation, getattr(one, f"{relation}_id"))


def who_in(line: Values) -> Who | None:
    """Whom a line of a form or of the API names; None where that is nobody, or several."""
    given = [name for name in WHO if line.get(name)]
    if len(given) != 1:
        return None
    value = line[given[0]]
    return (given[0], str(value).lower() if given[0] == "email" else value.id)


def _refuse_strangers(lines: Sequence[Values], company: Any, present: Container[Who]) -> None:
    """Raises DomainError for new guests who are users and do not work for the event's company."""
    invited = {
        number: line["user"].id
        for number, line in enumerate(lines)
        if line.get("user") is not None and ("user", line["user"].id) not in present
    }
    if not invited or company is None:
        return
    mine = select(User.id).where(User.id.in_(set(invited.values())), colleagues(company.id))
    known = set(db.session.scalars(mine))
    wrong = {
        f"participants.{number}.user": str(_("Not a valid choice."))
        for number, pk in invited.items()
        if pk not in known
    }
    if wrong:
        raise DomainError(fields=wrong)
