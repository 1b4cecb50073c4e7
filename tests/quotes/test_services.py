"""Drafts of quotes, as the specification tells them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact, LostReason, Nature
from crm.companies.models import AppSettings, CompanySettings
from crm.core.errors import Conflict, DomainError
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity
from crm.quotes.models import LineKind, Product, Quote, Unit, VatRate
from tests.factories import again, make, person, remove, save, table_of, word
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]
D = Decimal


def item(quantity: str, price: str, rate: str = "20%", **more: Any) -> dict[str, Any]:
    return {
        "label": "Pompe",
        "quantity": D(quantity),
        "unit_price": D(price),
        "vat_rate": word(VatRate, rate),
        **more,
    }


@pytest.mark.accept("A-55")
@pytest.mark.accept("A-21")
def test_a_quote_from_an_opportunity_takes_all_it_says(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        account = make(Account, currency="USD", addresses=[{"street": "1 rue", "city": "Lyon"}])
        contact = make(Contact, first_name="Paul", accounts=[account])
        deal = make(
            Opportunity,
            account=account,
            contact=contact,
            owner=person(cast.hugo),
            amount=D("8000.00"),
        )
        quote = make(Quote, opportunity=deal)
        assert (quote.title, quote.account, quote.contact) == ("Projet Alpha", account, contact)
        assert (quote.owner_id, quote.currency) == (cast.hugo, "USD")
        assert [(line.label, line.total_excl) for line in quote.lines] == [
            ("Projet Alpha", D("8000.00"))
        ]
        assert quote.total_incl == D("9600.00")
        assert quote.billing_address == "Faro\n1 rue\nLyon"
        assert quote.valid_until - quote.issued_on == timedelta(days=30)


@pytest.mark.accept("A-102")
def test_recurring_revenue_is_a_line_while_it_is_managed(
    acting: Acting, everything: Everything
) -> None:
    values = {
        "recurring_amount": D("1200.00"),
        "recurring_period": 3,
        "recurring_duration": 7,
    }
    with acting("claire"):
        deal = make(Opportunity, account=make(Account), **values)
        assert make(Quote, opportunity=deal).lines == []
    with everything() as session:
        session.get_one(AppSettings, 1).manage_recurring = True
    with acting("claire"):
        (line,) = make(Quote, opportunity=again(deal)).lines
        assert (line.quantity, line.unit_price) == (1, D("2800.00"))
        # Its customer reads French.
        assert line.label == "7 mois à 1\u202f200,00 par trimestre"
        same = again(deal)
        save(same.account, language="en")
        (line,) = make(Quote, opportunity=same, prices_include_tax=True).lines
        assert line.label == "7 months at 1,200.00 per quarter"
        assert line.unit_price == D("3360.00")


@pytest.mark.accept("A-98")
def test_without_a_client_there_is_no_quote(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(Quote, opportunity=make(Opportunity))
        assert no.value.fields == {"account": "Choose a client before creating a quote."}
        session.rollback()


def test_a_lost_opportunity_gets_no_quote(acting: Acting) -> None:
    with acting("claire") as session:
        deal = make(Opportunity, account=make(Account))
        opportunities.lose(deal, lost_reason=word(LostReason, "Price"))
        with pytest.raises(DomainError) as no:
            make(Quote, opportunity=deal)
        assert list(no.value.fields) == ["opportunity"]
        session.rollback()


@pytest.mark.accept("A-56")
def test_totals_are_stored_with_the_lines(acting: Acting) -> None:
    with acting("claire"):
        lines = [
            item("3", "19.99", discount_percent=D(10)),
            item("1.5", "45.33"),
            item("7", "3.335", "5.5%", discount_percent=D(5)),
            item("1", "100", "0%"),
            {"kind": LineKind.TEXT, "label": "Merci de votre confiance"},
        ]
        quote = make(Quote, account=make(Account), lines=lines)
        kept = again(quote)
        assert [line.total_excl for line in kept.lines] == [
            D("53.97"), D("68.00"), D("22.18"), D("100.00"), None,
        ]  # fmt: skip
        assert (kept.total_excl, kept.total_vat, kept.total_incl) == (
            D("244.15"), D("25.61"), D("269.76"),
        )  # fmt: skip


@pytest.mark.accept("A-58")
def test_a_global_discount_and_prices_with_tax(acting: Acting) -> None:
    with acting("claire"):
        account = make(Account)
        quote = make(Quote, account=account, lines=[item("1", "1000.00")], global_discount=D(5))
        assert (quote.total_excl, quote.total_discount) == (D("950.00"), D("50.00"))
        with_tax = make(
            Quote, account=account, prices_include_tax=True, lines=[item("1", "100.00")]
        )
        assert (with_tax.total_excl, with_tax.total_vat) == (D("83.33"), D("16.67"))


def test_persons_are_proposed_prices_with_tax(acting: Acting) -> None:
    with acting("claire"):
        assert make(Quote, account=make(Account, nature=Nature.PERSON)).prices_include_tax


def test_a_product_fills_its_line(acting: Acting) -> None:
    with acting("alice"):
        product = make(
            Product,
            prices=[{"currency": "EUR", "price": D("12.3456")}],
            unit=word(Unit, "Hour"),
            vat_rate=word(VatRate, "10%"),
            description="En bronze",
        )
    with acting("claire"):
        product = again(product)
        lines = [{"product": product}, {"product": product, "label": "Remise", "quantity": D(-1)}]
        quote = make(Quote, account=make(Account), lines=lines)
        first, second = quote.lines
        assert (first.label, first.quantity, first.unit_price) == ("Pompe", 1, D("12.3456"))
        assert (str(first.unit), str(first.vat_rate)) == ("Hour", "10%")
        assert (second.label, second.quantity) == ("Remise", -1)


def test_the_default_vat_rate_is_the_companys(acting: Acting, everything: Everything) -> None:
    with everything() as session:
        for settings in session.scalars(select(CompanySettings)):
            settings.default_vat_rate = word(VatRate, "5.5%")
    with acting("claire"):
        quote = make(Quote, account=make(Account), lines=[{"label": "A", "unit_price": D(1)}])
        assert str(quote.lines[0].vat_rate) == "5.5%"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": D(0)}, "quantity"),
        ({"discount_percent": D(101)}, "discount_percent"),
        ({"discount_amount": D(11)}, "discount_amount"),
        ({"discount_percent": D(1), "discount_amount": D(1)}, "discount_amount"),
        ({"label": None}, "label"),
        ({"unit_price": None}, "unit_price"),
    ],
)
def test_a_wrong_line_is_told_beside_its_field(
    acting: Acting, change: dict[str, Any], field: str
) -> None:
    with acting("claire") as session:
        lines = [item("1", "10"), {**item("1", "10"), **change}]
        with pytest.raises(DomainError) as no:
            make(Quote, account=make(Account), lines=lines)
        assert list(no.value.fields) == [f"lines.1.{field}"]
        session.rollback()


def test_a_quote_does_not_end_before_its_date(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(
                Quote,
                account=make(Account),
                issued_on=date(2027, 1, 2),
                valid_until=date(2027, 1, 1),
            )
        assert list(no.value.fields) == ["valid_until"]
        session.rollback()


def test_a_change_of_a_line_alone_raises_the_version(acting: Acting) -> None:
    with acting("claire") as session:
        quote = make(Quote, account=make(Account), lines=[item("1", "10"), item("2", "10")])
        session.commit()
        version, (first, second) = quote.row_version, [line.id for line in quote.lines]
        save(quote, lines=[{"id": second, "label": "Autre"}, {"id": first}])
        session.commit()
        assert quote.row_version == version + 1
        assert [line.label for line in again(quote).lines] == ["Autre", "Pompe"]
        assert quote.total_excl == D("30.00")
        with pytest.raises(Conflict):
            table_of(Quote).update(quote, {"title": "B"}, version)
        session.rollback()


@pytest.mark.accept("A-88")
def test_a_draft_deleted_and_restored_has_its_lines_again(acting: Acting) -> None:
    with acting("claire") as session:
        quote = make(Quote, account=make(Account), lines=[item("1", "10")])
        remove(quote)
        session.commit()
        table_of(Quote).restore(quote.id)
        session.commit()
        assert len(again(quote).lines) == 1


def test_an_opportunity_of_another_account_is_refused(acting: Acting) -> None:
    with acting("claire") as session:
        deal = make(Opportunity, account=make(Account, name="Autre"))
        with pytest.raises(DomainError) as no:
            make(Quote, account=make(Account), opportunity=deal)
        assert no.value.fields == {"opportunity": "This opportunity belongs to another account."}
        session.rollback()


def test_a_line_sent_twice_is_counted_once(acting: Acting) -> None:
    with acting("claire"):
        quote = make(Quote, account=make(Account), lines=[item("1", "10.00")])
        (line,) = quote.lines
        twice = [item("1", "10.00", id=line.id), item("1", "10.00", id=line.id)]
        with pytest.raises(DomainError) as refused:
            save(quote, lines=twice)
    assert refused.value.fields == {"lines.1": "This line no longer exists."}
