"""The order of the home page's blocks, and which are hidden: each person's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, literal, select, true

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import NotFound
from crm.reporting.models import HomeLayout
from crm.reporting.own.pins import HOME, Pinned, pinned_at, pinned_of


@dataclass
class Layout:
    """All blocks in the reader's order, and those that are hidden."""

    places: list[str]
    hidden: set[str]

    def beside(self, key: str) -> tuple[str, bool]:
        """Where a block stands: (block, whether it follows that)."""
        at = self._place(key)
        return (self.places[at - 1], True) if at else (self.places[at + 1], False)

    def move(self, key: str, other: str, *, after: bool) -> None:
        """Put a block right before or after another. Raises NotFound."""
        self._place(other)
        self.places.pop(self._place(key))
        at = self.places.index(other) if other != key else 0
        self.places.insert(at + after, key)

    def hide(self, key: str) -> None:
        """Raises NotFound."""
        self.hidden.add(self.places[self._place(key)])

    def show(self, key: str) -> None:
        """Raises NotFound."""
        self.hidden.discard(self.places[self._place(key)])

    def _place(self, key: str) -> int:
        if key not in self.places:
            raise NotFound
        return self.places.index(key)


@dataclass(frozen=True)
class Kept:
    """The order and the hidden blocks that the actor keeps, and the reports they pinned."""

    places: list[str]
    hidden: list[str]
    pinned: list[Pinned]


def read_kept() -> Kept:
    """What the actor keeps of their home page, in one statement."""
    always = select(literal(1)).subquery()
    layout = select(HomeLayout.places, HomeLayout.hidden).subquery()
    pins = pinned_at(HOME).subquery()
    joined = always.outerjoin(layout, true()).outerjoin(pins, true())
    statement = select(layout, pins).select_from(joined).order_by(pins.c.pin_id)
    found = db.session.execute(statement).all()
    places, hidden = found[0][:2]
    return Kept(places or [], hidden or [], pinned_of([row[2:] for row in found]))


def arranged(kept: Kept, keys: Sequence[str]) -> Layout:
    """The actor's layout of these blocks; what they never moved follows what it follows here."""
    places = [key for key in kept.places if key in keys]
    for number, key in enumerate(keys):
        if key not in places:
            places.insert(places.index(keys[number - 1]) + 1 if number else 0, key)
    return Layout(places, set(kept.hidden) & set(keys))


def uncover(key: str) -> None:
    """Show a block again that the actor hid when it was here before."""
    kept = read_kept()
    if key in kept.hidden:
        keep(Layout(kept.places, {*kept.hidden} - {key}))


def keep(layout: Layout) -> None:
    """Keep the actor's layout for the next time."""
    user_id = current_actor().user_id
    db.session.execute(delete(HomeLayout).where(HomeLayout.user_id == user_id))
    row = HomeLayout(user_id=user_id, places=layout.places, hidden=sorted(layout.hidden))
    db.session.add(row)
