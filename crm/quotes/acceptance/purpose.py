"""The public link of a quote: what its page shows, what its buttons do."""

import re
from collections.abc import Mapping
from io import BytesIO

from flask import Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from crm.companies.logo import logo_of
from crm.companies.models import Company
from crm.core.config import languages
from crm.core.db import db, transaction
from crm.core.errors import Conflict
from crm.core.files.pictures import picture_of
from crm.core.files.serving import answer
from crm.core.links.models import PublicLink
from crm.core.links.purposes import Closed, Purpose
from crm.core.models.kinds import tidy
from crm.core.outage import Outage, unavailable
from crm.core.security.rate_limits import client_address
from crm.quotes.acceptance.page import AcceptancePage, content_of, page_of
from crm.quotes.models import Quote, QuoteLink
from crm.quotes.pdf import parties
from crm.quotes.services import answering
from crm.quotes.services.answering import LONGEST_COMMENT, Customer, Reason
from crm.quotes.services.links import NAME

TEMPLATE = "quotes/acceptance.html"
FILE = "quote.pdf"
TRIES = 5
LONGEST = {"name": 120, "job_title": 80, "comment": LONGEST_COMMENT}


def _quote(link: PublicLink) -> Quote | None:
    of_link = select(Quote).join(QuoteLink).where(QuoteLink.link_id == link.id)
    return db.session.scalars(of_link.where(Quote.deleted_at.is_(None))).first()


def _language(quote: Quote) -> str:
    """The one chosen on the page, else the customer's."""
    wanted = request.args.get("lang", "")
    return wanted if wanted in languages() else parties.of(quote).language


def _page(link: PublicLink) -> AcceptancePage | None:
    quote = _quote(link)
    return _shown(quote, {}, {}) if quote is not None else None


def _shown(
    quote: Quote, values: Mapping[str, str], errors: Mapping[str, str]
) -> AcceptancePage | None:
    language = _language(quote)
    with force_locale(language):
        try:
            page = page_of(quote, language, values, errors)
        except FileNotFoundError:  # lost from the storage: nothing can be accepted unseen
            return None
        page.refuses = values.get("answer") == "refuse" or "refuse" in request.args
        return page


def _file(link: PublicLink, name: str) -> ResponseReturnValue | None:
    """The PDF, or the picture of a page of it: page-1.png."""
    quote = _quote(link)
    if quote is None or quote.pdf is None:
        return None
    if name == FILE:
        return answer(quote.pdf)
    number = name.removeprefix("page-").removesuffix(".png")
    if not re.fullmatch("[1-9][0-9]{0,2}", number) or name != f"page-{number}.png":
        return None
    picture = picture_of(content_of(quote), int(number) - 1)
    return _picture(picture) if picture is not None else None


def _picture(content: bytes) -> Response:
    return send_file(BytesIO(content), "image/png")


def _act(link: PublicLink) -> ResponseReturnValue | None:
    """Note the answer; back to the page, which says what was noted. An answer is final."""
    quote = _quote(link)
    if quote is None:
        return None
    token = (request.view_args or {})["token"]
    values = {name: tidy(request.form.get(name, "")) for name in (*LONGEST, "reason", "answer")}
    with force_locale(_language(quote)):
        errors = _errors(values) if answering.is_open(quote) else {}
    if errors:
        page = _shown(quote, values, errors)
        with force_locale(_language(quote)):
            return render_template(TEMPLATE, page=page, token=token), 422
    _noted(quote, values)
    lang = request.args.get("lang")
    return redirect(url_for("PublicLinkView.show", token=token, lang=lang), 303)


def _noted(quote: Quote, values: Mapping[str, str]) -> None:
    """Note the answer, unless somebody was faster, which the page says then.

    Who saves the quote or its client at that moment answers nothing: it is tried again. Raises
    Unavailable after TRIES.
    """
    for _try in range(TRIES):
        try:
            with transaction():
                db.session.refresh(quote)
                if answering.is_open(quote):
                    _note(quote, values)
        except Conflict:
            continue
        return
    raise unavailable(Outage.BUSY)


def _errors(values: Mapping[str, str]) -> dict[str, str]:
    """What is missing or too long, by the name of its input."""
    wrong = {
        name: _("At most %(number)s characters.", number=most)
        for name, most in LONGEST.items()
        if len(values[name]) > most
    }
    if not any(sign.isalnum() for sign in values["name"]):
        wrong["name"] = _("Enter your name.")
    if values["answer"] == "accept" and "agreed" not in request.form:
        wrong["agreed"] = _("Tick the box to accept the quote.")
    if values["answer"] == "refuse" and values["reason"] not in list(Reason):
        wrong["reason"] = _("Choose a reason.")
    if values["answer"] not in ("accept", "refuse"):
        wrong["answer"] = _("Choose an answer.")
    return wrong


def _note(quote: Quote, values: Mapping[str, str]) -> None:
    customer = Customer(values["name"], values["job_title"], client_address())
    if values["answer"] == "accept":
        answering.accept(quote, customer)
    else:
        answering.refuse(quote, customer, Reason(values["reason"]), values["comment"])


def _closed(link: PublicLink) -> Closed | None:
    """Of a link that was revoked or has ended: in the customer's language, without the quote."""
    quote = _quote(link)
    if quote is None:
        return None
    language = _language(quote)
    with force_locale(language):
        return Closed(
            language,
            _("This link is no longer valid"),
            _("It was withdrawn or has ended. Ask %(company)s for a new one.",
              company=db.session.get_one(Company, link.company_id).name),
        )  # fmt: skip


PURPOSE = Purpose(NAME, TEMPLATE, _page, logo_of, _act, _file, _closed)
