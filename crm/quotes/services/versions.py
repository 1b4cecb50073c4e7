"""Versions of a quote, and copies of it. Source: spec 8.4."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, inspect, select

from crm.companies.defaults import current_user_or_none
from crm.companies.settings import company_settings
from crm.core import rows
from crm.core.datamodel.saving import delete_row, flush, restore_row
from crm.core.db import db
from crm.core.errors import DomainError, Forbidden
from crm.core.rows import unfiltered
from crm.opportunities.models import StageKind
from crm.quotes.models import Quote, QuoteLine
from crm.quotes.models.content import CONTENT
from crm.quotes.services import states
from crm.quotes.services.former import bring_back, replaced_by
from crm.quotes.services.moves import local_day
from crm.quotes.services.states import Act

# What a copy of a quote says as the first did; it is of another day.
COPIED = tuple(name for name in CONTENT if name != "issued_on")
LINKS = ("company", "account", "contact", "opportunity", "agency")
LINKS_OF_LINES = ("product", "unit", "vat_rate")
NOT_OF_LINES = ("id", "quote_id", "total_excl")


def new_version(quote: Quote) -> Quote:
    """A draft that replaces the quote, with the same number. Raises DomainError, Forbidden."""
    states.require(quote, Act.REPLACE)
    other = {"number": quote.number, "version": _last_version(quote) + 1}
    draft = _copy(quote, **_links(quote, (*LINKS, "owner")), **other)
    draft.replaces, draft.replaced_status = quote, quote.status
    states.move(quote, Act.REPLACE)
    return _added(draft)


def _last_version(quote: Quote) -> int:
    """The latest outside the bin, which was cancelled where it is not the quote itself."""
    same = (Quote.company_id == quote.company_id, Quote.number == quote.number)
    last = select(func.max(Quote.version)).where(*same, Quote.deleted_at.is_(None))
    with unfiltered("versions are counted, whoever may open them"):
        return db.session.scalar(last) or quote.version


def duplicate(quote: Quote) -> Quote:
    """A new draft of the actor's, without number or approval. Raises DomainError, Forbidden."""
    states.require(quote, Act.DUPLICATE)
    links = _links(quote, LINKS) | {"owner": current_user_or_none()}
    deal = quote.opportunity
    if deal is not None and deal.stage.kind == StageKind.LOST:
        links.pop("opportunity")
    return _added(_copy(quote, **links))


def _links(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """To whom and what one row leads."""
    return _links_of([row], names)[0]


def _links_of(found: Sequence[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """To whom and what each row leads: by its key where the actor does not see that.

    What is in the bin stays behind.
    """
    links: list[dict[str, Any]] = [{} for _row in found]
    for name in names:
        keys = [getattr(row, f"{name}_id") for row in found]
        targets = [getattr(row, name) for row in found]
        hidden = {pk for pk, target in zip(keys, targets, strict=True) if target is None}
        gone = _in_bin(type(found[0]), name, hidden - {None}) if found else set()
        for kept, pk, target in zip(links, keys, targets, strict=True):
            if target is not None:
                kept[name] = target
            elif pk is not None and pk not in gone:
                kept[f"{name}_id"] = pk
    return links


def _in_bin(model: type[Any], relation: str, pks: Collection[int]) -> set[int]:
    """Those of the keys whose row is in the bin."""
    target = inspect(model).relationships[relation].mapper.class_
    if not pks or not hasattr(target, "deleted_at"):
        return set()
    with unfiltered("what is in the bin is not linked to anew, whoever saw it"):
        gone = select(target.id).where(target.id.in_(pks), target.deleted_at.is_not(None))
        return {*db.session.scalars(gone)}


def _copy(quote: Quote, **other: Any) -> Quote:
    """A draft with its content and lines, of today."""
    day = local_day(quote)
    validity = timedelta(days=company_settings(quote.company_id).quote_validity_days)
    values = {name: getattr(quote, name) for name in COPIED}
    values |= {"issued_on": day, "valid_until": day + validity, **other}
    links = _links_of(quote.lines, LINKS_OF_LINES)
    copies = [_copy_of_line(*one) for one in zip(quote.lines, links, strict=True)]
    return Quote(**values, lines=copies)


def _copy_of_line(line: QuoteLine, links: dict[str, Any]) -> QuoteLine:
    columns = (one.key for one in inspect(QuoteLine).column_attrs if one.key not in NOT_OF_LINES)
    values = {name: getattr(line, name) for name in columns}
    plain = {n: v for n, v in values.items() if n.removesuffix("_id") not in LINKS_OF_LINES}
    return QuoteLine(**plain, **links)


def _added(draft: Quote) -> Quote:
    db.session.add(draft)
    flush()
    if rows.is_filtered() and not rows.may(db.session(), "create", draft):
        raise Forbidden(_("You are not allowed to create this record here."))
    return draft


def delete(quote: Quote) -> None:
    """Move a draft to the bin; what it was to replace is again what it was (spec 8.4)."""
    states.require(quote, Act.DELETE)
    bring_back(quote)
    delete_row(quote)


def restore(pk: int) -> Quote:
    """Restore a draft, which replaces its former version again. Raises NotFound, DomainError."""
    quote: Quote = restore_row(Quote, pk)
    former = replaced_by(quote)
    if former is not None:
        if states.refusal(former, Act.REPLACE):
            message = _("Cannot restore: %(former)s has been answered since.", former=former)
            raise DomainError(message)
        quote.replaced_status = former.status
        states.move(former, Act.REPLACE)
        flush()
    return quote


def versions_of(quote: Quote) -> list[Quote]:
    """All versions that the actor may read, the latest first."""
    if quote.number is None:
        return [quote]
    same = (Quote.company_id == quote.company_id, Quote.number == quote.number)
    return list(db.session.scalars(select(Quote).where(*same).order_by(Quote.version.desc())))
