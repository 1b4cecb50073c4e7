"""The number of rows of each tab above a list, fetched after the page."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect, Select, select

from crm.core.actor import Actor, current_actor
from crm.core.datamodel.counting import count_all, read_counts
from crm.core.datamodel.filters import filter_spec
from crm.core.models.operators import DATED
from crm.core.models.text import format_number
from crm.core.saved.models import SavedView
from crm.core.views.layouts import saved_address

if TYPE_CHECKING:
    from crm.core.views.filterbar import FilterBar

Statements = Mapping[str, tuple[Select[Any], type[Any]]]

TAB_CAP = 1000  # above which the number on a tab is no longer exact


def tab_counts(view: "FilterBar", opened: str) -> dict[str, str]:
    """The key of each tab → number of its rows as text, in one statement for all of them.

    Without saved filters that is cached; `opened` is the id of the saved one that is open.
    """
    saved = _saved(view, [one.id for one in view.saved_links(opened)])
    if saved:
        asked = count_all({**_presets(view), **saved}, TAB_CAP + 1)
    elif view.visible_presets():
        asked = (_asked_again if _is_timeless(view) else _asked)(view, current_actor())
    else:
        return {}
    found = read_counts(view.datamodel.session, asked)
    return {key: _number(count) for key, count in found.items()}


def _number(count: int) -> str:
    return format_number(count) if count <= TAB_CAP else f"{format_number(TAB_CAP)}+"


def _asked(view: "FilterBar", _actor: Actor) -> CompoundSelect[Any]:
    return count_all(_presets(view), TAB_CAP + 1)


def _presets(view: "FilterBar") -> Statements:
    datamodel = view.datamodel
    return {
        one.key: (datamodel.select(*view.preset_where(one)), datamodel.obj)
        for one in view.visible_presets()
    }


def _saved(view: "FilterBar", pks: Sequence[int]) -> Statements:
    """The lists that the saved filters open, as their reader may see them."""
    if not pks:
        return {}
    rows = view.datamodel.session.scalars(select(SavedView).where(SavedView.id.in_(pks)))
    queries = {row.id: view.query(saved_address(view, row.layout)[0]) for row in rows}
    return {
        f"saved-{pk}": (view.datamodel.select(*query.counted), view.datamodel.obj)
        for pk, query in queries.items()
        if not query.wrong
    }


# Cached by actor: building the statement takes as long as executing it.
_asked_again = lru_cache(maxsize=500)(_asked)


@cache
def _is_timeless(view: "FilterBar") -> bool:
    """Whether tomorrow's statement is today's: no filter may say "today" or "now"."""
    names = {name for preset in view.presets for name, _operator, _values in preset.filters}
    return all(filter_spec(view.datamodel.obj, name).kind.operators is not DATED for name in names)
