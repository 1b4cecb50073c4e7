"""The filters of a list: applied ones as chips, offered ones with their popovers."""

from collections.abc import Container, Sequence
from copy import copy
from typing import Any

from flask import get_template_attribute
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import select

from crm.core.actor import current_actor
from crm.core.datamodel.filters import (
    ME,
    NONE,
    TEAM,
    Condition,
    can_be_none,
    filter_spec,
    filter_target,
    none_words,
    typed_number,
)
from crm.core.models import Spec
from crm.core.models.locale import locale
from crm.core.rows import linkable
from crm.core.views.address import ListAddress
from crm.core.views.display import zone
from crm.core.views.pages import Chip, FilterChoice, ListPage
from crm.core.views.pickers import Pickers, is_searched_choice

FILTERS = "core/parts/filters.html"
STATE = Markup("<!-- state -->")  # where a popover keeps the list's state


class FilterChips(Pickers):
    """The filters of a list in words."""

    def __init__(self, **kwargs: Any) -> None:
        self._idle: dict[tuple[str, str, str], FilterChoice] = {}
        super().__init__(**kwargs)

    def filter_label(self, name: str) -> str:
        said = _("Team") if name == TEAM else self.filter_labels.get(name)
        return str(said if said is not None else filter_spec(self.datamodel.obj, name).label)

    def filter_names(self) -> list[str]:
        names = self.visible(self.search_columns)
        return [n for n in names if n != "company" or current_actor().active_company_id is None]

    def put_choices(
        self,
        page: ListPage,
        address: ListAddress,
        applied: Sequence[Condition],
        names: Sequence[str],
    ) -> None:
        """The chips of what is applied, and the popovers of the filters `names`."""
        page.state = address.pairs(search="")
        page.chips = [self.chip(c, address) for c in applied]
        page.filters = self._filter_choices(page, address, names)

    def chip(self, applied: Condition, address: ListAddress) -> Chip:
        spec = filter_spec(self.datamodel.obj, applied.name)
        operator = spec.kind.operators[applied.operator]
        left = [f for f in address.filters if (f[0], f[1]) != (applied.name, applied.operator)]
        words = self._value_words(applied, spec)
        verb, text = str(operator.label), ", ".join(dict.fromkeys(words))
        if operator.values == -1 and len(applied.texts) == 1 and applied.operator == 0:
            verb = _("is")
        elif operator.values == 2:
            text = " – ".join(words)
        elif operator.days:
            verb, text = _days_words(operator.days, int(applied.texts[0])), ""
        values = dict(zip(applied.texts, words, strict=True)) if operator.values == -1 else {}
        label = self.filter_label(applied.name)
        without = address.url(filters=left)
        return Chip(applied.name, label, verb, text, without, values, spec.kind.is_typed)

    def _value_words(self, applied: Condition, spec: Spec) -> list[str]:
        """The words of each value, in the order of the texts."""
        names = self.names(applied) if spec.kind.is_link else {}
        words = []
        for value in applied.values:
            if value is None:
                words.append(none_words(spec))
            elif spec.kind.is_link:
                words.append(names.get(value) or _("Not available"))
            else:
                words.append(spec.write(value, zone()))
        return words

    def names(self, applied: Condition) -> dict[int, str]:
        """id → name of the rows that are meant and in reach."""
        if applied.texts == (ME,):
            return {current_actor().user_id: current_actor().name}
        target = filter_target(self.datamodel.obj, applied.name)
        pks = [value for value in applied.values if value is not None]
        named = select(target).where(target.id.in_(pks), linkable(target))
        found = self.datamodel.session.scalars(named).unique() if pks else ()
        return {row.id: self._option(row)["text"] for row in found}

    def _filter_choices(
        self, page: ListPage, address: ListAddress, names: Sequence[str]
    ) -> list[FilterChoice]:
        """The filters that are offered, each with its popover."""
        popover = get_template_attribute(FILTERS, "popover")
        kept = [*page.state, *([("search", page.search)] if page.search else [])]
        state = get_template_attribute(FILTERS, "hidden")(kept)
        applied = {name for name, _operator, _values in address.filters}
        choices = []
        for name in names:
            if name in self.unlisted_filters and not self._is_shown(name, applied):
                continue
            if name in applied:
                choice = self._filter_choice(name, address)
                chips = [chip for chip in page.chips if chip.name == name]
                choice.words = {text: word for chip in chips for text, word in chip.values.items()}
                choice.popover = popover(choice, address.path, state, chips)
            else:
                choice = copy(self._idle_choice(name, address, popover))
                choice.popover = Markup(choice.popover.replace(STATE, state))  # noqa: S704
            choice.is_offered = name not in self.unlisted_filters
            choices.append(choice)
        return choices

    def _is_shown(self, name: str, applied: Container[str]) -> bool:
        """Whether a filter that is not offered can be changed, as it is applied."""
        return name in applied and filter_spec(self.datamodel.obj, name).kind.is_typed

    def _idle_choice(self, name: str, address: ListAddress, popover: Any) -> FilterChoice:
        """A filter that is not applied; cached, as only the list's state differs."""
        key = (str(locale()), address.path, name)
        choice = self._idle.get(key)
        if choice is None:
            choice = self._idle[key] = self._filter_choice(name, address)
            choice.popover = popover(choice, address.path, STATE, [])
        return choice

    def _filter_choice(self, name: str, address: ListAddress) -> FilterChoice:
        spec = filter_spec(self.datamodel.obj, name)
        choices = spec.kind.filter_choices(spec)
        has_none = can_be_none(self.datamodel.obj, name) and spec.kind.operators[0].values == -1
        if choices and has_none:
            choices = [*choices, (NONE, none_words(spec))]
        choice = FilterChoice(
            name, self.filter_label(name), spec.kind, spec.kind.operators, choices
        )
        if spec.kind.is_link or is_searched_choice(spec):
            asked = {"none": 1} if has_none else {}
            choice.picker_url = self.url("pick", name=name, **asked)
        for filtered, operator, values in address.filters:
            if filtered == name:
                choice.current_operator = operator
                choice.current_values = tuple(typed_number(spec, v, zone()) for v in values)
        return choice


def _days_words(sign: int, days: int) -> str:
    if sign < 0:
        return ngettext("in the last %(num)s day", "in the last %(num)s days", days)
    return ngettext("in the next %(num)s day", "in the next %(num)s days", days)
