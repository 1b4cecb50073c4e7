"""The PDF of a quote is frozen when it is finalised, and answered to whoever reads the quote."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.companies.models import Company
from crm.core.files import storage
from crm.core.journal import Journal
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.services.finalising import Outdated, finalise, prepare
from tests.factories import again, save
from tests.fixtures import Acting, Cast, Client
from tests.quotes.papers import pages
from tests.quotes.test_states import in_status

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both


def content(quote: Quote) -> bytes:
    assert quote.pdf is not None
    with storage.read(quote.pdf.key) as opened:
        return bytes(opened.read())


def kept(app: Flask) -> int:
    """How many files the storage has."""
    with app.app_context():
        return sum(1 for _each in storage.every())


@pytest.mark.accept("A-59")
def test_finalising_freezes_the_pdf_and_its_hash_is_in_the_journal(
    as_user: AsUser, acting: Acting, everything: Everything, cast: Cast
) -> None:
    with acting("claire"):
        quote = in_status(QuoteStatus.DRAFT, title="Parc")
    claire = as_user("claire")
    assert claire.post(f"/quotes/finalise/{quote.id}", data={"row_version": 1}).status_code == 303
    first = claire.get(f"/quotes/pdf/{quote.id}")
    assert first.mimetype == "application/pdf"
    assert first.headers["Content-Disposition"].startswith("inline")
    with everything() as session:
        row = session.get_one(Quote, quote.id)
        assert row.pdf_sha256 == row.pdf.sha256 == sha256(first.data).hexdigest()
        assert row.pdf.file_name == f"{row.reference}.pdf"
        (text,) = pages(first.data)
        assert row.reference in text
        assert "Parc" in text
        noted = session.scalars(select(Journal.changes).where(Journal.kind == "quote")).all()
        assert [None, row.pdf_sha256] in [one.get("pdf_sha256") for one in noted]
        session.get_one(Company, cast.france).name = "Other name"
        row.account.name = "Renamed"
    assert claire.get(f"/quotes/pdf/{quote.id}").data == first.data


def test_a_draft_is_rendered_as_it_is_now(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        quote = in_status(QuoteStatus.DRAFT, title="Avant")
    claire = as_user("claire")
    answer = claire.get(f"/quotes/pdf/{quote.id}")
    assert "no-store" in answer.headers["Cache-Control"]
    (text,) = pages(answer.data)
    assert "BROUILLON" in text
    with acting("claire"):
        save(again(quote), title="Après")
    assert "Après" in pages(claire.get(f"/quotes/pdf/{quote.id}").data)[0]
    page = claire.get(f"/quotes/show/{quote.id}?tab=pdf").text
    assert f'<iframe class="c-pdf-frame" src="/quotes/pdf/{quote.id}"' in page
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_only_who_reads_the_quote_reads_its_pdf(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        rows = [in_status(status) for status in (QuoteStatus.DRAFT, QuoteStatus.FINALISED)]
    for row in rows:
        assert as_user("olga").get(f"/quotes/pdf/{row.id}").status_code == 404
        assert as_user("nadia").get(f"/quotes/pdf/{row.id}").status_code == 403
        assert as_user("marc").get(f"/quotes/pdf/{row.id}").status_code == 200


def test_what_changed_after_it_was_prepared_is_on_the_document(acting: Acting) -> None:
    with acting("claire"):
        quote = in_status(QuoteStatus.DRAFT, title="Avant")
        prepared = prepare(quote)
        save(quote, title="Après")
        with pytest.raises(Outdated):  # nothing is rendered while the lock is held
            finalise(quote, prepared)
        finalise(quote, prepare(quote))
        assert "Après" in pages(content(quote))[0]
        same = in_status(QuoteStatus.DRAFT)
        finalise(same)  # as an import does
        assert same.reference in pages(content(same))[0]


def test_a_document_that_nothing_links_is_not_kept(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        quote = in_status(QuoteStatus.DRAFT)
    before = kept(app)

    def too_late() -> None:
        with acting("claire"):
            mine = again(quote)
            prepared = prepare(mine)
            finalise(in_status(QuoteStatus.DRAFT))
            finalise(mine, prepared)

    with pytest.raises(Outdated):
        too_late()
    assert kept(app) == before
    with acting("claire"):
        finalise(again(quote))
    assert kept(app) == before + 1


def test_a_new_version_has_a_document_of_its_own(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        first = in_status(QuoteStatus.FINALISED)
    claire = as_user("claire")
    made = claire.post(f"/quotes/new_version/{first.id}", data={"row_version": first.row_version})
    pk = int(made.headers["Location"].rpartition("/")[2])
    assert "BROUILLON" in pages(claire.get(f"/quotes/pdf/{pk}").data)[0]
    with acting("claire"):
        second = again(Quote(id=pk))
        assert second.pdf_id is None
        finalise(second)
        assert f"{first.number}-V2" in pages(content(second))[0]
        assert content(again(first)) != content(second)
