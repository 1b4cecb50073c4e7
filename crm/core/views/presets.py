"""The tabs above a list: presets, saved filters, and saving what is not among them."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import ColumnElement

from crm.core.actor import SavedLink, current_actor
from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.saved.layouts import Filter, is_layout_of, read_saved
from crm.core.views.address import ListAddress
from crm.core.views.base import Preset
from crm.core.views.chips import FilterChips
from crm.core.views.display import zone
from crm.core.views.pages import ListPage, SavedTab

SAVED = "saved"  # the argument with the id of the saved filter that a list was opened with
MOST_SAVED = 5  # tabs of saved filters


class PresetTabs(FilterChips):
    """The presets of a list, and its saved filters."""

    @property
    def key(self) -> str:
        return type(self).__name__

    @property
    def entity(self) -> str:
        """What saved filters call this list."""
        return str(self.route_base or "").strip("/")

    def base_conditions(self) -> list[ColumnElement[bool]]:
        """The conditions without any filter: the company chosen in the top bar."""
        actor, model = current_actor(), self.datamodel.obj
        if actor.active_company_id is None or not hasattr(model, "company_id"):
            return []
        own = model.company_id == actor.active_company_id
        return (
            [own | model.company_id.is_(None)] if model.__table__.c.company_id.nullable else [own]
        )

    def visible_presets(self) -> Sequence[Preset]:
        """The presets whose setting is on."""
        return [p for p in self.presets if not p.switch or current_actor().is_enabled(p.switch)]

    def preset_url(self, preset: Preset) -> str:
        """The URL of the list with this preset."""
        return self._with_preset(ListAddress(self.key, self.url("list")), preset)

    def opening_url(self) -> str:
        """The URL that the menu leads to."""
        opening = next((p for p in self.visible_presets() if p.key == self.opens_on), None)
        return self.preset_url(opening) if opening is not None else self.url("list")

    def _with_preset(self, address: ListAddress, preset: Preset) -> str:
        has_orders = any(one.order for one in self.presets)
        order = preset.order if has_orders else address.order
        return address.url(filters=_filters_of(preset), search="", order=order)

    def choose_part(self, address: ListAddress) -> None:
        """Let the list in a tab of a record begin with the first of its parts."""
        if self.tab_parts and not address.filters:
            first = self.tab_parts[0]
            address.filters, address.order = _filters_of(first), address.order or first.order

    def put_parts(self, page: ListPage, address: ListAddress) -> None:
        """The parts of the list in a tab, as links, and what it says of an empty one."""
        for part in self.tab_parts:
            is_now = address.filters == _filters_of(part)
            url = address.url(filters=_filters_of(part), order=part.order)
            page.presets.append((str(part.label), url, is_now, part.key))
            if is_now and page.empty == "no_result":
                page.empty, page.empty_title = "nothing", str(self.tab_empty_titles[part.key])
                page.empty_text = ""

    def preset_where(self, preset: Preset) -> list[ColumnElement[bool]]:
        """The conditions of a preset, the base conditions included."""
        found = [
            condition(self.datamodel.obj, *said, FilterFormat(zone())).where
            for said in preset.filters
        ]
        return [*self.base_conditions(), *found]

    def saved_links(self, opened: str) -> list[SavedLink]:
        """The saved filters with a tab: some of them, and the one with the id `opened`."""
        found = [one for one in current_actor().saved if one.entity == self.entity]
        return [one for n, one in enumerate(found) if n < MOST_SAVED or str(one.id) == opened]

    def put_tabs(self, page: ListPage, address: ListAddress) -> None:
        """The presets, then the saved filters; of all these at most one is current."""
        now = {(name, operator, tuple(values)) for name, operator, values in address.filters}
        opened = dict(address.rest).get(SAVED, "")
        presets = self.visible_presets()
        is_preset = any(now == set(_filters_of(one)) for one in presets) and not address.search
        for one in self.saved_links(opened):
            is_now = str(one.id) == opened and not is_preset
            url = url_for("SavedFilterView.open", pk=one.id)
            page.saved_tabs.append(SavedTab(one.name, url, is_now, one.id, one.is_private))
        is_saved = any(tab.current for tab in page.saved_tabs)
        for preset in presets:
            is_now = now == set(_filters_of(preset)) and not is_saved
            url = self._with_preset(address, preset)
            page.presets.append((str(preset.label), url, is_now, preset.key))
        if page.presets or page.saved_tabs:
            asked = {SAVED: opened} if is_saved else {}
            page.counts_url = self.url("counts", **asked)

    def put_saving(self, page: ListPage, address: ListAddress) -> None:
        """The links that save the filters, where no preset and no saved filter has them."""
        if not address.search and any(is_now for _label, _url, is_now, _key in page.presets):
            return
        saved = read_saved(dict(address.rest).get(SAVED, ""), self.entity)
        if saved is not None and is_layout_of(saved.layout, address):
            return
        pairs = address.pairs()
        page.save_url = f"{url_for('SavedFilterView.add')}?" + urlencode(
            [("list", self.entity), *pairs]
        )
        if saved is not None and saved.user_id == current_actor().user_id:
            page.update_url = f"{url_for('SavedFilterView.update', pk=saved.id)}?{urlencode(pairs)}"
            page.saved_name, page.saved_version = saved.name, saved.row_version


def _filters_of(preset: Preset) -> list[Filter]:
    return [(name, operator, tuple(values)) for name, operator, values in preset.filters]
