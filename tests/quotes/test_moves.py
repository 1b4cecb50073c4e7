"""What becomes of a quote: approved, accepted, refused, expired, replaced (spec 8.4 and 8.5)."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind, Contact, LostReason
from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.core.errors import DomainError, Forbidden
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity
from crm.quotes.expiry import expire_quotes
from crm.quotes.models import Product, Quote, QuoteStatus
from crm.quotes.services import approval, moves, quote, versions
from crm.quotes.services.finalising import finalise
from tests.factories import again, make, remove, save, word
from tests.fixtures import Acting, Cast, Client
from tests.quotes.test_services import item
from tests.quotes.test_states import TODAY, YEAR, in_status

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]
D = Decimal
TITLES = ["Far above", "A little above", "At the ceiling", "Already approved", "Already finalised"]
STILL = [QuoteStatus.FINALISED, QuoteStatus.SENT]


def refused(act: Callable[..., object], *args: Any, **known: Any) -> dict[str, str]:
    with pytest.raises(DomainError) as no:
        act(*args, **known)
    return {**no.value.fields, **({"": no.value.message} if no.value.message else {})}


def in_list(page: str, *titles: str) -> list[str]:
    return [title for title in titles if f">{title}<" in page]


def discounted(percent: str = "20", **values: Any) -> Quote:
    lines = [item("1", "100", discount_percent=D(percent))]
    made: Quote = make(Quote, account=make(Account), lines=lines, **values)
    return made


# Approval ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accept("A-62")
def test_a_discount_above_the_ceiling_needs_an_approval(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        offer = discounted()
        session.commit()
        assert list(refused(finalise, offer)) == ["global_discount"]
        with pytest.raises(Forbidden):
            approval.approve(offer)
        session.rollback()
        assert again(offer).approved_by_id is None
    with acting("marc"):
        approval.approve(again(offer))
        assert again(offer).approved_by_id == cast.marc
    with acting("claire"):
        finalise(again(offer))
        assert again(offer).number == f"D-{YEAR}-00001"


@pytest.mark.accept("A-62")
def test_the_quotes_that_need_approval_are_a_list(
    as_user: Callable[[str], Client], acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        above, approved = discounted(title=TITLES[0]), discounted(title=TITLES[3])
        discounted("15", title=TITLES[2])
        # 15.0025 % together, which is above it
        discounted("15", title=TITLES[1], global_discount=D("0.01"))
    with acting("marc"):
        approval.approve(again(approved))
        finalise(discounted(title=TITLES[4]))
    marc = as_user("marc")
    (link,) = re.findall(
        r'href="([^"]+)"[^>]*>All quotes that need approval',
        marc.get(f"/quotes/show/{above.id}").text,
    )
    url = unescape(link)

    def listed() -> list[str]:
        return in_list(marc.get(url).text, *TITLES)

    assert listed() == TITLES[:2]
    assert "All quotes that need" not in as_user("claire").get(f"/quotes/show/{above.id}").text
    with everything() as session:
        session.get_one(AppSettings, 1).quote_discount_ceiling = D(5)
    assert listed() == TITLES[:3]


def test_those_that_expire_within_a_week_are_a_list(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    with acting("claire"):
        for days in (0, 7, 8):
            until = TODAY + timedelta(days=days)
            in_status(QuoteStatus.SENT, title=f"Day {days}", valid_until=until)
        in_status(QuoteStatus.DRAFT, title="Offer", valid_until=TODAY)
    page = as_user("claire").get("/quotes/list/").text
    (link,) = re.findall(r'href="([^"]+)"[^>]*>Expire within 7 days', page)
    shown = as_user("claire").get(unescape(link)).text
    assert in_list(shown, "Day 0", "Day 7", "Day 8", "Offer") == ["Day 0", "Day 7"]


@pytest.mark.parametrize("name", ["valid_until", "issued_on", "number", "created_on", "title"])
def test_the_word_of_that_filter_is_a_number_for_numbers_alone(
    as_user: Callable[[str], Client], name: str
) -> None:
    answer = as_user("marc").get(f"/quotes/list/?_flt_0_{name}=above_ceiling")
    assert answer.status_code < 500
    assert "15.01" not in answer.text


@pytest.mark.accept("A-62")
def test_who_edits_the_quotes_of_the_company_needs_no_approval(acting: Acting) -> None:
    with acting("marc"):
        finalise(discounted())


@pytest.mark.parametrize(
    ("line", "given", "is_above"),
    [
        ({"discount_percent": D(15)}, None, False),
        ({"discount_percent": D("15.01")}, None, True),
        ({"discount_amount": D(16)}, None, True),
        ({"discount_percent": D(10)}, D(6), True),  # 15.4 % together
        ({"discount_percent": D(10)}, D(5), False),  # 14.5 %
        ({}, D(16), True),
        ({"discount_amount": D(10)}, D(6), True),
    ],
)
def test_the_discounts_of_line_and_quote_count_together(
    acting: Acting, line: dict[str, Any], given: Decimal | None, is_above: bool
) -> None:
    with acting("claire"):
        lines = [item("1", "100", **line)]
        offer = make(Quote, account=make(Account), lines=lines, global_discount=given)
        assert approval.needs_approval(offer) is is_above


@pytest.mark.accept("A-103")
@pytest.mark.parametrize("change", ["line", "added", "taken away", "global", "currency", "tax"])
def test_a_changed_discount_takes_the_approval_away(acting: Acting, change: str) -> None:
    with acting("claire"):
        offer = discounted()
    with acting("marc"):
        approval.approve(again(offer))
    with acting("claire") as session:
        mine = again(offer)
        kept = {"id": mine.lines[0].id}
        lines = {
            "line": [{**kept, "discount_percent": D(25)}],
            "added": [kept, item("1", "10")],
            "taken away": [item("1", "10", discount_percent=D(30))],
        }
        others = {
            "global": {"global_discount": D(5)},
            "currency": {"currency": "CHF"},
            "tax": {"prices_include_tax": True},
        }
        values = {"lines": lines[change]} if change in lines else others[change]
        save(mine, **values)
        session.commit()
        assert again(offer).approved_by_id is None
        assert again(offer).approved_at is None
        assert list(refused(finalise, again(offer))) == ["global_discount"]
        session.rollback()


def test_another_title_keeps_the_approval(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        offer = discounted()
        approval.approve(offer)
    with acting("marc"):
        save(again(offer), title="Autre objet")
        assert again(offer).approved_by_id == cast.marc
        approval.withdraw(again(offer))
        assert again(offer).approved_by_id is None


# Answers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accept("A-61")
@pytest.mark.parametrize("status", STILL)
def test_an_accepted_quote_makes_its_prospect_a_client(acting: Acting, status: QuoteStatus) -> None:
    with acting("claire"):
        account = make(Account, kind=AccountKind.PROSPECT)
        offer = in_status(status, account=account)
        moves.accept(offer, accepted_by="Paul Roy")
        assert account.kind == AccountKind.CLIENT
        assert (offer.accepted_on, offer.status) == (TODAY, QuoteStatus.ACCEPTED)


def test_an_acceptance_names_who_and_is_not_of_tomorrow(acting: Acting) -> None:
    with acting("claire") as session:
        offer = in_status(QuoteStatus.SENT)
        session.commit()
        assert list(refused(moves.accept, offer)) == ["accepted_by"]
        session.rollback()
        late = {"accepted_by": "Paul Roy", "accepted_on": TODAY + timedelta(days=2)}
        assert list(refused(moves.accept, again(offer), **late)) == ["accepted_on"]
        session.rollback()


@pytest.mark.accept("A-44")
def test_a_client_stays_one_when_its_quote_is_cancelled_or_its_opportunity_lost(
    acting: Acting,
) -> None:
    with acting("claire"):
        account = make(Account, kind=AccountKind.CLIENT)
        moves.cancel(in_status(QuoteStatus.DRAFT, account=account), cancellation_reason="Doublon")
        deal = make(Opportunity, account=account)
        in_status(QuoteStatus.DRAFT, account=account, opportunity=deal)
        opportunities.lose(deal, lost_reason=word(LostReason, "Price"), cancel_quotes=True)
        assert again(account).kind == AccountKind.CLIENT


@pytest.mark.accept("A-99")
def test_losing_cancels_the_open_quotes_where_that_is_ticked(acting: Acting) -> None:
    with acting("claire"):
        kept, gone = (make(Opportunity, account=make(Account)) for _number in range(2))
        made = [
            in_status(status, account=deal.account, opportunity=deal)
            for deal in (kept, gone)
            for status in (QuoteStatus.DRAFT, *STILL, QuoteStatus.REFUSED)
        ]
        reason = word(LostReason, "Price")
        opportunities.lose(kept, lost_reason=reason)
        opportunities.lose(gone, lost_reason=reason, cancel_quotes=True)
        found = [again(one).status for one in made]
        assert found[:4] == [QuoteStatus.DRAFT, *STILL, QuoteStatus.REFUSED]
        assert found[4:] == [*[QuoteStatus.CANCELLED] * 3, QuoteStatus.REFUSED]
        assert again(made[4]).cancellation_reason == "Opportunity lost: Price"


# Expiry ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.accept("A-61")
def test_the_night_after_its_last_day_a_quote_expires(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        made = {status: in_status(status) for status in QuoteStatus}
        last = made[QuoteStatus.SENT].valid_until
    for days, expected in ((0, 0), (1, 2), (2, 0)):
        with (
            time_machine.travel(f"{last + timedelta(days=days)}T02:00:00+00:00"),
            app.app_context(),
        ):
            assert expire_quotes() == expected, days
    with acting("claire"):
        for status, offer in made.items():
            is_expired = status in (*STILL, QuoteStatus.EXPIRED)
            assert again(offer).status == (QuoteStatus.EXPIRED if is_expired else status)


@pytest.mark.parametrize("status", STILL)
def test_an_expired_quote_is_extended(app: Flask, acting: Acting, status: QuoteStatus) -> None:
    with acting("claire"):
        offer = in_status(status)
        day = offer.valid_until + timedelta(days=1)
    with time_machine.travel(f"{day}T12:00:00+00:00"):
        with app.app_context():
            assert expire_quotes() == 1
        with acting("claire") as session:
            assert list(refused(moves.extend, again(offer), valid_until=TODAY)) == ["valid_until"]
            session.rollback()
            moves.extend(again(offer), valid_until=day + timedelta(days=9))
            assert again(offer).status == status
            assert again(offer).valid_until == day + timedelta(days=9)


# Versions and copies ────────────────────────────────────────────────────────────────────────────


def test_a_new_version_has_the_number_and_replaces_the_old_one(acting: Acting) -> None:
    with acting("claire"):
        old = in_status(QuoteStatus.SENT, title="Parc")
        new = versions.new_version(old)
        assert (old.status, old.reference) == (QuoteStatus.REPLACED, f"D-{YEAR}-00001")
        assert (new.status, new.reference) == (QuoteStatus.DRAFT, f"D-{YEAR}-00001-V2")
        assert (new.title, new.total_incl, len(new.lines)) == ("Parc", D("120.00"), 1)
        assert new.finalised_at is new.sent_at is None
        finalise(new)
        assert new.reference == f"D-{YEAR}-00001-V2"
        assert in_status(QuoteStatus.FINALISED).number == f"D-{YEAR}-00002"


@pytest.mark.parametrize("status", [*STILL, QuoteStatus.REFUSED, QuoteStatus.EXPIRED])
def test_deleting_the_new_draft_brings_the_replaced_one_back(
    acting: Acting, status: QuoteStatus
) -> None:
    with acting("claire"):
        old = in_status(status)
        new = versions.new_version(old)
        remove(new)
        assert again(old).status == status
        quote.RULES.restore(new.id)  # type: ignore[misc]  # it has one
        assert again(old).status == QuoteStatus.REPLACED
        remove(again(new))
        assert again(old).status == status


@pytest.mark.parametrize("status", [*STILL, QuoteStatus.REFUSED, QuoteStatus.EXPIRED])
def test_cancelling_the_new_draft_brings_the_replaced_one_back(
    acting: Acting, status: QuoteStatus
) -> None:
    with acting("claire"):
        old = in_status(status)
        moves.cancel(versions.new_version(old), cancellation_reason="Doublon")
        assert again(old).status == status
        third = versions.new_version(again(old))
        assert (third.version, again(old).status) == (3, QuoteStatus.REPLACED)
        finalise(third)
        moves.cancel(third, cancellation_reason="Doublon")
        assert again(old).status == QuoteStatus.REPLACED  # it had been offered


def test_losing_the_sale_cancels_what_its_drafts_were_to_replace(acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        sent = in_status(QuoteStatus.SENT, account=deal.account, opportunity=deal)
        draft = versions.new_version(sent)
        reason = word(LostReason, "Price")
        opportunities.lose(deal, lost_reason=reason, cancel_quotes=True)
        assert [again(one).status for one in (sent, draft)] == [QuoteStatus.CANCELLED] * 2


def test_a_version_is_not_restored_once_the_old_one_is_answered(acting: Acting) -> None:
    with acting("claire") as session:
        old = in_status(QuoteStatus.SENT)
        new = versions.new_version(old)
        remove(new)
        moves.accept(again(old), accepted_by="Paul Roy")
        session.commit()
        told = refused(versions.restore, new.id)[""]
        assert told == f"Cannot restore: D-{YEAR}-00001 has been answered since."
        session.rollback()


def test_a_version_is_not_restored_beside_another_one(acting: Acting) -> None:
    with acting("claire") as session:
        old = in_status(QuoteStatus.SENT)
        first = versions.new_version(old)
        remove(first)
        versions.new_version(again(old))
        session.commit()
        assert "Cannot restore" in refused(versions.restore, first.id)[""]
        session.rollback()


@pytest.mark.parametrize("status", QuoteStatus)
def test_any_quote_is_duplicated_without_number_and_approval(
    acting: Acting, cast: Cast, status: QuoteStatus
) -> None:
    with acting("marc"):
        offer = in_status(status)
    with acting("marc"):
        copy = versions.duplicate(again(offer))
        assert (copy.status, copy.number, copy.version) == (QuoteStatus.DRAFT, None, 1)
        assert copy.approved_by_id is copy.replaces_id is copy.accepted_on is None
        assert (copy.owner_id, copy.total_incl) == (cast.marc, D("120.00"))
        assert copy.issued_on == today()


def test_a_copy_leaves_a_lost_opportunity_behind(acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        offer = in_status(QuoteStatus.FINALISED, account=deal.account, opportunity=deal)
        assert versions.duplicate(offer).opportunity_id == deal.id
        opportunities.lose(deal, lost_reason=word(LostReason, "Price"))
        assert versions.duplicate(again(offer)).opportunity_id is None
        assert versions.new_version(again(offer)).opportunity_id == deal.id


@pytest.mark.parametrize("copy", [versions.duplicate, versions.new_version])
@pytest.mark.parametrize("gone", ["opportunity", "contact", "product"])
def test_a_copy_leaves_what_is_in_the_bin_behind(
    acting: Acting, copy: Callable[[Quote], Quote], gone: str
) -> None:
    with acting("alice"):
        made: dict[str, Any] = {"product": make(Product)}
    with acting("marc"):
        account = make(Account)
        made["opportunity"] = make(Opportunity, account=account)
        made["contact"] = make(Contact, links=[{"account": account}])
        line = item("1", "100", product=again(made["product"]))
        to = {name: made[name] for name in ("opportunity", "contact")}
        offer = make(Quote, account=account, lines=[line, item("1", "5")], **to)
        finalise(offer)
    with acting("alice"):
        remove(again(made[gone]))
    with acting("marc"):
        found = copy(again(offer))
        kept = {name: getattr(found, f"{name}_id") for name in to}
        kept["product"] = found.lines[0].product_id
        assert kept == {name: None if name == gone else row.id for name, row in made.items()}
        assert [line.label for line in found.lines] == [line.label for line in again(offer).lines]


def test_the_ceiling_is_a_setting(acting: Acting, everything: Everything) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).quote_discount_ceiling = D(25)
    with acting("claire"):
        finalise(discounted())


@pytest.mark.accept("A-62")
def test_what_waits_for_an_approval_is_told_with_who_gives_it(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    with acting("claire"):
        offer, fine = discounted("20"), discounted("15")
    claire, marc = as_user("claire"), as_user("marc")
    url = f"/quotes/show/{offer.id}"
    said = "The discount of “Pompe” is 20%, above 15%"
    for person, words in ((claire, "has to approve it"), (marc, "approve the quote")):
        page = person.get(url).text
        assert said in page
        assert words in page
        assert "above 15%" not in person.get(f"/quotes/show/{fine.id}").text
    assert f"/quotes/approve/{offer.id}" not in claire.get(url).text
    assert f"/quotes/approve/{offer.id}" in marc.get(url).text
    assert "Approved by" not in marc.get(url).text
    with acting("marc"):
        approval.approve(again(offer))
    for person in (claire, marc):
        page = person.get(url).text
        assert said not in page
        assert "Approved by" in page.partition('class="c-figs"')[2].partition("</dl>")[0]
