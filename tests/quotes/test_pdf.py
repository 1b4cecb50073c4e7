"""The PDF of a quote: its figures, its language, its pages, and what nobody may do with it."""

import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.companies.models import Company, CompanySettings
from crm.core.db import db
from crm.core.files.storing import keep_made
from crm.core.files.typesetting import cleaned
from crm.quotes.models import LineKind, Quote
from crm.quotes.pdf import render
from crm.quotes.preview import preview
from crm.quotes.views import QuoteView
from tests.factories import make, save
from tests.fixtures import Acting, Cast
from tests.quotes.papers import at_random, item, opened, pages, plain

Everything = Callable[[], AbstractContextManager[Session]]
NUMBER = "D-2027-00042"
DAYS = {"issued_on": date(2027, 1, 19), "valid_until": date(2027, 2, 18)}
IDENTITY = {
    "address": "28 rue de la République", "postal_code": "69002", "city": "Lyon", "country": "FR",
    "siren": "732829320", "siret": "73282932000074", "vat_number": "FR44732829320",
    "legal_form": "SAS", "share_capital": Decimal(150_000), "registry_town": "Lyon",
}  # fmt: skip


def quote_of(account: Account | None = None, **values: Any) -> Quote:
    made: Quote = make(Quote, account=account or make(Account), **{**DAYS, **values})
    return made


@pytest.fixture
def identified(everything: Everything, cast: Cast) -> None:
    """The company has told who it is."""
    with everything() as session:
        company = session.get_one(Company, cast.france)
        for name, value in IDENTITY.items():
            setattr(company, name, value)
        settings = session.query(CompanySettings).filter_by(company_id=cast.france).one()
        settings.payment_terms, settings.legal_note = "30 jours fin de mois", "Devis gratuit."


@pytest.mark.usefixtures("identified")
def test_a_french_quote_says_what_the_law_asks(acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, name="Bâti-Rhône", language="fr", vat_number="FR44732829320")
        sophie = make(
            Contact, first_name="Sophie", last_name="Marchand", civility="ms",
            links=[{"account": account}],
        )  # fmt: skip
        rates = [item(f"À {rate}", "1000", rate) for rate in ("20%", "10%", "5.5%", "0%")]
        quote = quote_of(
            account, contact=sophie, title="Parc", intro="Madame,", customer_reference="BR-117",
            conditions="Acompte de 30 %", internal_note="Marge : 40 %", global_discount=Decimal(5),
            lines=[{"kind": LineKind.SECTION, "label": "Matériel"}, *rates,
                   {"kind": LineKind.SUBTOTAL, "label": "Sous-total"}],
        )  # fmt: skip
        (text,) = pages(render(quote, NUMBER, version=2))
    for words in (
        "Devis", f"{NUMBER}-V2", "19/01/2027", "18/02/2027", "Claire Colin",
        "28 rue de la République", "69002 Lyon, France", "claire@acme.example",
        "ACME France, SAS au capital de 150 000,00 €", "RCS Lyon 732 829 320",
        "SIRET 732 829 320 00074", "N° TVA FR44732829320",
        "Bâti-Rhône", "À l’attention de Mme Sophie Marchand", "BR-117", "Madame,", "Matériel",
        "Prix unitaire HT", "1 000,00 €", "5,5 %", "950,00 €", "3 800,00 €",
        "190,00 €", "337,25 €", "4 137,25 €", "−200,00 €",
        "remise globale de 5 %", "30 jours fin de mois", "Acompte de 30 %", "Devis gratuit.",
        "Bon pour accord", "1 / 1",
    ):  # fmt: skip
        assert words in text, words
    assert "Marge" not in text  # the internal note is never printed
    assert "Draft" not in text


def test_a_draft_says_so_on_every_page(acting: Acting) -> None:
    with acting("claire"):
        found = pages(render(quote_of(lines=[item(str(n)) for n in range(60)])))
    assert len(found) == 2
    assert all("BROUILLON" in text for text in found)


def test_the_language_is_the_account_s_then_the_contact_s_then_the_company_s(
    acting: Acting,
) -> None:
    with acting("claire"):
        account = make(Account, language=None)
        contact = make(Contact, language="en", links=[{"account": account}])
        quote = quote_of(account, lines=[item("A")], contact=None)
        assert "Total TTC" in pages(render(quote, NUMBER))[0]
        save(quote, contact=contact)
        assert "Total incl. tax" in pages(render(quote, NUMBER))[0]
        save(account, language="fr")
        assert "Total TTC" in pages(render(quote, NUMBER))[0]


def test_prices_that_include_tax_are_named_so(acting: Acting) -> None:
    with acting("claire"):
        quote = quote_of(prices_include_tax=True, lines=[item("A")])
        (text,) = pages(render(quote, NUMBER))
    for words in ("Prix unitaire TTC", "100,00 €", "83,33 €", "16,67 €"):
        assert words in text, words


@pytest.mark.slow("25 quotes of up to 30 lines")
def test_preview_record_and_pdf_have_the_same_figures(acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, language="en")
        for seed in range(25):
            quote = quote_of(account, **at_random(random.Random(seed)))  # noqa: S311  no secret
            shown = preview(QuoteView.datamodel, posted(quote))
            text = "".join(pages(render(quote, NUMBER)))
            sums = {"total_excl", "total_vat", "total_incl"}
            sums |= {f"lines-{number}-total_excl" for number in range(len(quote.lines))}
            if quote.total_discount:
                assert plain(money(-quote.total_discount, quote)) in text, seed
            for name in sums:
                assert plain(shown[name]) in text, (seed, name, shown[name])
            for name in ("total_excl", "total_vat", "total_incl"):
                assert shown[name] == money(getattr(quote, name), quote), (seed, name)


def money(amount: Decimal, quote: Quote) -> str:
    from crm.core.models.text import format_money

    return format_money(amount, quote.currency)


def posted(quote: Quote) -> Any:
    """What the form of the quote sends."""
    from werkzeug.datastructures import MultiDict

    names = ("quantity", "unit_price", "discount_percent", "discount_amount")
    data = {"currency": quote.currency, "lines-count": str(len(quote.lines))}
    if quote.prices_include_tax:
        data["prices_include_tax"] = "1"
    if quote.global_discount:
        data["global_discount"] = str(quote.global_discount)
    for number, line in enumerate(quote.lines):
        said = {name: getattr(line, name) for name in names}
        said |= {"kind": "item", "label": line.label, "vat_rate": line.vat_rate_id}
        data |= {f"lines-{number}-{k}": str(v) for k, v in said.items() if v is not None}
    return MultiDict(data)


def test_a_head_stands_over_each_page_and_no_total_stands_alone(acting: Acting) -> None:
    with acting("claire"):
        for count in range(20, 32):
            lines = [item(f"Article no {n}") for n in range(count)]
            found = pages(render(quote_of(lines=lines), NUMBER))
            assert all("Désignation" in text for text in found), count
            assert f"Article no {count - 1}" in found[-1], count
            assert "Total TTC" in found[-1], count
            assert "Bon pour accord" in found[-1], count
            assert f"{len(found)} / {len(found)}" in found[-1], count


def test_a_long_text_goes_on_over_the_pages_and_nothing_is_lost(acting: Acting) -> None:
    words = [f"mot{number}" for number in range(1500)]
    with acting("claire"):
        lines = [item("x" * 255, description=" ".join(words)), item("Fin")]
        quote = quote_of(lines=lines, intro="intro " * 700, conditions="condition " * 900)
        found = pages(render(quote, NUMBER))
    text = "".join("".join(found).split())
    assert len(found) > 3
    assert "x" * 255 in text.replace("\ufffe", "")
    assert all(word in text for word in words)
    assert text.count("condition") >= 900


def test_it_is_an_archived_document_that_can_be_read_aloud(acting: Acting) -> None:
    """What can be asserted without a validator: PDF/A-2a and PDF/UA-1."""
    with acting("claire"):
        document = render(quote_of(lines=[item("A")]), NUMBER)
        assert document == render(db.session.scalars(_quotes()).one(), NUMBER)
    with opened(document) as pdf:
        metadata = pdf.open_metadata()
        assert metadata.pdfa_status == "2A"
        assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
        root = pdf.Root
        assert str(root.Lang).startswith("fr")
        assert root.MarkInfo.Marked
        assert "/StructTreeRoot" in root
        assert "/DestOutputProfile" in root.OutputIntents[0]
        assert "/ID" in pdf.trailer
        fonts = [one for one in pdf.objects if _is(one, "/Font") and "/DescendantFonts" in one]
        assert fonts
        for font in fonts:
            assert "/ToUnicode" in font
            described = font.DescendantFonts[0].FontDescriptor
            assert {"/FontFile2", "/FontFile3"} & set(described.keys())
            assert "Inter" in str(font.BaseFont)


def _quotes() -> Any:
    from sqlalchemy import select

    return select(Quote)


def _is(one: Any, kind: str) -> bool:
    return hasattr(one, "keys") and one.get("/Type") == kind


def test_a_logo_is_printed_and_a_lost_one_is_not(
    acting: Acting, everything: Everything, cast: Cast, logo: bytes
) -> None:
    with everything() as session:
        session.get_one(Company, cast.france).logo = keep_made(logo, "logo.png", "image/png")
    with acting("claire"):
        quote = quote_of(lines=[item("A")])
        with opened(render(quote, NUMBER)) as pdf:
            assert len(pdf.pages[0].get_images()) == 1
    with everything() as session:
        from crm.core.files import storage

        storage.remove(session.get_one(Company, cast.france).logo.key)
    with acting("claire"):
        again = db.session.get_one(Quote, quote.id)
        with opened(render(again, NUMBER)) as pdf:
            assert not pdf.pages[0].get_images()


def test_the_logo_stands_on_the_left_edge_of_the_name(
    acting: Acting, everything: Everything, cast: Cast, logo: bytes
) -> None:
    with everything() as session:
        session.get_one(Company, cast.france).logo = keep_made(logo, "logo.png", "image/png")
    with acting("claire"):
        page = pypdfium2.PdfDocument(render(quote_of(lines=[item("A")]), NUMBER))[0]
    left, bottom, right, top = next(page.get_objects([FPDF_PAGEOBJ_IMAGE])).get_bounds()
    edge = page.get_textpage().get_charbox(0)[0]
    assert abs(left - edge) < 3, (left, edge)
    assert (right - left, top - bottom) == pytest.approx((48 / 25.4 * 72, 16 / 25.4 * 72), abs=1)


@pytest.fixture
def logo() -> bytes:
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGBA", (300, 100), (36, 80, 184, 255)).save(buffer, "PNG")
    return buffer.getvalue()


HOSTILE = (
    '#eval("1+1") #read("/etc/passwd") #import "@preview/x:1.0.0" $x^2$ *b* _i_ `c` @r <t> \\u{41}',
    "a\x00b\x01c\x1b[31md\x7fe\ud800f",
    "abc \u202e321 €\u202c def",
    "עברית العربية",
    "𝕏" * 3 + "\U000e0001" + "ﷺ" * 5 + "a" + "\u0301" * 200,
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_texts(acting: Acting, text: str) -> None:
    with acting("claire"):
        quote = quote_of(lines=[item("A")])
        for name in ("title", "intro", "conditions", "billing_address", "customer_reference"):
            setattr(quote, name, text)
        quote.lines[0].label = quote.lines[0].description = text
        (found,) = pages(render(quote, NUMBER))
        db.session.rollback()
    assert "120,00 €" in found
    assert "root:" not in found
    if text.startswith("#"):
        assert "".join(text.split()) in "".join(found.split()).replace("\ufffe", "")


def test_a_sign_that_no_font_has_costs_the_standard_and_is_logged(
    acting: Acting, caplog: pytest.LogCaptureFixture
) -> None:
    with acting("claire"), caplog.at_level(logging.WARNING, "crm.files"):
        document = render(quote_of(title="Merci 😀", lines=[item("A")]), NUMBER)
    with opened(document) as pdf:
        assert not pdf.open_metadata().pdfa_status
    assert "Merci" in pages(document)[0]
    assert ["no PDF/A" in one.getMessage() for one in caplog.records] == [True]


def test_what_no_font_has_and_what_turns_text_is_taken_out() -> None:
    said = {"a": ["x\x00\r\ny\u2028z\tw", "\u202eabc\ud800"], "bytes": [1, 2], "none": None}
    assert cleaned(said) == {"a": ["x\ny\nz w", "abc"], "bytes": [1, 2], "none": None}


def test_a_company_that_says_nothing_of_itself_prints_its_name(acting: Acting) -> None:
    with acting("claire"):
        (text,) = pages(render(quote_of(lines=[item("A")]), NUMBER))
    assert "ACME France" in text
    assert "None" not in text
