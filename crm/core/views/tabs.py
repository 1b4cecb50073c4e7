"""The number of rows of each preset of a list, fetched after the page."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import CompoundSelect

from crm.core.actor import Actor, current_actor
from crm.core.datamodel.counting import count_all, read_counts
from crm.core.datamodel.filters import filter_spec
from crm.core.models.operators import DATED
from crm.core.models.text import format_number

if TYPE_CHECKING:
    from crm.core.views.filterbar import FilterBar

TAB_CAP = 1000  # above which the number on a tab is no longer exact


def tab_counts(view: "FilterBar") -> dict[str, str]:
    """The key of each preset → number of its rows as text, in one statement."""
    asked = _asked_again if _is_timeless(view) else _asked
    found = read_counts(view.datamodel.session, asked(view, current_actor()))
    return {key: _number(count) for key, count in found.items()}


def _number(count: int) -> str:
    return format_number(count) if count <= TAB_CAP else f"{format_number(TAB_CAP)}+"


def _asked(view: "FilterBar", _actor: Actor) -> CompoundSelect[Any]:
    datamodel = view.datamodel
    statements = {
        one.key: (datamodel.select(*view.preset_where(one)), datamodel.obj)
        for one in view.visible_presets()
    }
    return count_all(statements, TAB_CAP + 1)


# Cached by actor: building the statement takes as long as executing it.
_asked_again = lru_cache(maxsize=500)(_asked)


@cache
def _is_timeless(view: "FilterBar") -> bool:
    """Whether tomorrow's statement is today's: no filter may say "today" or "now"."""
    names = {name for preset in view.presets for name, _operator, _values in preset.filters}
    return all(filter_spec(view.datamodel.obj, name).kind.operators is not DATED for name in names)
