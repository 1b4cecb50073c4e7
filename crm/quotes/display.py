"""Display of a quote: lines and totals. Source: spec 8.5 and 8.6."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from crm.accounts.views.display import kind_icon
from crm.companies.days import today
from crm.core.models.text import format_day, format_money, format_number, format_percent
from crm.core.views import Field, Note, RecordPage
from crm.core.views.display import display_field
from crm.quotes.models import OPEN, LineKind, Quote, QuoteLine, QuoteStatus, amounts
from crm.quotes.services import approval
from crm.quotes.totals import Totals

SIGNS = {
    QuoteStatus.DRAFT: ("circle-dashed", "gray"),
    QuoteStatus.FINALISED: ("lock", "gray"),
    QuoteStatus.SENT: ("send", "blue"),
    QuoteStatus.ACCEPTED: ("st-won", "green"),
    QuoteStatus.REFUSED: ("st-lost", "red"),
    QuoteStatus.EXPIRED: ("clock-x", "amber"),
    QuoteStatus.CANCELLED: ("ban", "gray"),
    QuoteStatus.REPLACED: ("versions", "gray"),
}
SOON = 7  # days before the end in which it is marked


@dataclass
class LineRow:
    """A row of the table: an item, a title, a text or a subtotal."""

    kind: str
    label: str
    description: str = ""
    quantity: str = ""
    unit: str = ""
    price: str = ""
    discount: str = ""
    vat: str = ""
    total: str = ""


@dataclass
class QuotePage(RecordPage):
    """A record with lines, a VAT table and totals."""

    lines: list[LineRow] = field(default_factory=list)
    vat: list[tuple[str, str, str]] = field(default_factory=list)  # rate, base, amount
    totals: list[tuple[str, str]] = field(default_factory=list)
    pdf_url: str = ""  # of the tab that shows it


def fill(page: QuotePage, quote: Quote) -> None:
    """Put lines and totals on the page."""
    found = quote.totals
    page.lines = list(line_rows(quote, found))
    page.vat = [
        (
            format_percent(row.rate),
            format_money(row.base, quote.currency),
            format_money(row.vat, quote.currency),
        )
        for row in found.by_rate
    ]
    sums = (
        (_("Discount"), -found.discount),
        (_("Total excl. tax"), found.excl),
        (_("Total VAT"), found.vat),
        (_("Total incl. tax"), found.incl),
    )
    shown = sums if found.discount else sums[1:]
    page.totals = [(label, format_money(amount, quote.currency)) for label, amount in shown]


def line_rows(quote: Quote, found: Totals) -> Iterator[LineRow]:
    """The rows, with the amounts of items and subtotals."""
    kinds = [line.kind for line in quote.lines]
    for line, amount in zip(quote.lines, amounts(kinds, found.lines), strict=True):
        if line.kind == LineKind.ITEM:
            yield _item(line, amount or Decimal(0), quote.currency)
        elif amount is not None:
            yield LineRow(line.kind, line.label, total=format_money(amount, quote.currency))
        else:
            yield LineRow(line.kind, line.label, line.description or "")


def _item(line: QuoteLine, net: Decimal, currency: str) -> LineRow:
    return LineRow(
        kind=line.kind,
        label=line.label,
        description=line.description or "",
        quantity=format_number(line.quantity or Decimal(0)),
        unit=str(line.unit or ""),
        price=_price(line.unit_price or Decimal(0)),
        discount=_discount(line, currency),
        vat=format_percent(line.vat_rate.rate) if line.vat_rate else "",
        total=format_money(net, currency),
    )


def _price(price: Decimal) -> str:
    """Two decimals, and more where the price has them."""
    return format_number(price, 2, 4)


def _discount(line: QuoteLine, currency: str) -> str:
    if line.discount_percent:
        return format_percent(line.discount_percent)
    return format_money(line.discount_amount, currency, 4) if line.discount_amount else ""


def sign(headline: Iterable[Field]) -> None:
    """Add icons to client and contact in the headline, and a label to the last day."""
    for one in headline:
        if one.name == "account":
            one.icon = kind_icon(one.value)
        elif one.name == "contact":
            one.icon = "address-book"
        elif one.name == "valid_until" and not one.tone:
            one.text = _("Until %(day)s", day=one.text)


def mark_validity(quote: Quote, shown: Field) -> None:
    """The last day, marked while it is open: when it is near and when it has passed."""
    if quote.status not in OPEN:
        return
    days = (quote.valid_until - today()).days
    if days < 0:
        shown.kind, shown.tone, shown.icon = "next", "late", "clock-x"
        shown.text = _("Expired on %(day)s", day=format_day(quote.valid_until))
    elif days <= SOON:
        shown.kind, shown.tone, shown.icon = "next", "none", "alert-triangle"
        shown.text = _("Until %(day)s", day=format_day(quote.valid_until))


def figures(quote: Quote) -> list[Field]:
    """The sums of a quote that is no draft, and who approved it."""
    if quote.is_draft:
        return []
    names = ["total_excl", "total_vat", "total_incl"]
    names += ["total_discount"] if quote.total_discount else []
    found = [display_field(quote, name) for name in names]
    for one in found:
        if one.name == "total_discount":
            one.text = format_money(-quote.total_discount, quote.currency)
    if quote.approved_by is not None:
        approved = display_field(quote, "approved_by")
        approved.meta = display_field(quote, "approved_at").text
        found.append(approved)
    return found


def version(quote: Quote) -> Field:
    """The version, beside the status."""
    text = _("Version %(number)s", number=quote.version)
    return Field("version", _("Version"), "text", quote.version, text)


def tell_approval(page: RecordPage, quote: Quote) -> None:
    """Of a draft: which discount waits for whose approval, or who approved what it has."""
    if quote.approved_by is not None:
        approved = display_field(quote, "approved_by")
        approved.meta = display_field(quote, "approved_at").text
        page.figures = [*page.figures, approved]
        return
    limit = approval.ceiling()
    above = next(approval.discounts_above(quote, limit), None)
    if above is None:
        return
    text = _("Needs approval")
    page.headline.insert(
        1, Field("approved_by", text, "next", True, text, tone="none", icon="alert-triangle")
    )
    page.notice = page.notice or Note("warn", _waits(*above, limit))


def _waits(line: QuoteLine, discount: Decimal, limit: Decimal) -> str:
    """What the reader can do about it."""
    named = {
        "label": line.label,
        "discount": format_percent(discount.quantize(Decimal("0.01"))),
        "ceiling": format_percent(limit),
    }
    if approval.may_approve():
        return _(
            "The discount of “%(label)s” is %(discount)s, above %(ceiling)s: "
            "approve the quote, so that its salesperson can finalise it.",
            **named,
        )
    return _(
        "The discount of “%(label)s” is %(discount)s, above %(ceiling)s: "
        "somebody who edits all quotes of the company has to approve it.",
        **named,
    )
