"""Catalogues are real PDF files, kept where nobody can guess them."""

import io
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.catalog import services
from crm.catalog.models import Catalog, CatalogType
from crm.companies.models import Company
from crm.core.errors import DomainError, Forbidden
from crm.core.files import checking, inspecting, storage
from crm.core.files.models import StoredFile
from tests.factories import again, make, save, word
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]


def pdf(pages: int = 2) -> bytes:
    """A small PDF file."""
    sheets = [Image.new("RGB", (210, 297), "white") for _ in range(pages)]
    buffer = io.BytesIO()
    sheets[0].save(buffer, "PDF", save_all=True, append_images=sheets[1:])
    return buffer.getvalue()


def upload(name: str = "Tarif 2027.pdf", content: bytes | None = None) -> Any:
    return SimpleNamespace(filename=name, stream=io.BytesIO(pdf() if content is None else content))


def catalog(**values: Any) -> Catalog:
    filled = {"name": "Tarif", "file": upload(), "type": word(CatalogType, "Price list"), **values}
    made: Catalog = make(Catalog, **filled)
    return made


def contents(app: Flask) -> set[str]:
    """The keys of what is in the store."""
    with app.app_context():
        return {key for key, _written in storage.every()}


@pytest.mark.accept("A-11")
def test_a_pdf_is_kept_with_the_cover_of_its_first_page(acting: Acting, app: Flask) -> None:
    with acting("claire"):
        made = catalog()
        assert (made.file_name, made.pages) == ("Tarif 2027.pdf", 2)
        assert made.file_size == made.file.size
        with storage.read(made.file.key) as file:
            assert file.read(5) == b"%PDF-"
        assert made.cover is not None
        with storage.read(made.cover.key) as file, Image.open(file) as cover:
            assert cover.format == "PNG"
            assert cover.height <= 680
        assert "Tarif" not in made.file.key


@pytest.mark.accept("A-11")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tarif.docx", b"PK\x03\x04", "Only PDF files are accepted."),
        ("tarif.pdf", b"PK\x03\x04 a Word file", "This file is not a valid PDF."),
        ("tarif.PDF", b"%PDF-1.7 and nothing more", "This file is not a valid PDF."),
        ("tarif.pdf", b"", "This file is not a valid PDF."),
    ],
)
def test_what_is_no_pdf_is_refused(acting: Acting, name: str, content: bytes, words: str) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            catalog(file=upload(name, content))
        assert no.value.fields == {"file": words}
        session.rollback()


def test_a_file_that_is_too_large_is_refused(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MEGABYTE", 2)
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            catalog()
        assert no.value.fields == {"file": "This file is larger than 50 MB."}
        session.rollback()


def test_a_refused_catalogue_leaves_no_file(acting: Acting, app: Flask) -> None:
    before = contents(app)
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            catalog(type=None)
        assert list(no.value.fields) == ["type"]
        session.rollback()
    assert contents(app) == before


def test_a_replaced_file_becomes_a_version_and_its_cover_goes(acting: Acting) -> None:
    with acting("claire") as session:
        made = catalog()
        first, cover = made.file, made.cover
        assert cover is not None
        save(made, name="Tarif 2027")
        assert (made.file, services.versions(made)) == (first, [])
        save(made, file=upload("Deux.pdf", pdf(3)))
        session.commit()
        assert (made.file_name, made.pages) == ("Deux.pdf", 3)
        [former] = services.versions(made)
        assert (former.file, former.pages) == (first, 2)
        storage.read(first.key).close()
        with pytest.raises(FileNotFoundError):
            storage.read(cover.key)


def test_a_purged_catalogue_takes_its_files_along(acting: Acting, app: Flask) -> None:
    before = contents(app)
    with acting("claire"):
        made = catalog()
    with acting("claire") as session:
        session.delete(again(made))
        session.commit()
        assert session.scalars(select(StoredFile)).all() == []
    assert contents(app) == before


def test_a_catalogue_needs_a_file(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            catalog(file=None)
        assert no.value.fields == {"file": "Choose a PDF file."}
        session.rollback()


@pytest.mark.accept("A-106")
def test_one_for_all_companies_is_read_by_all_and_edited_by_alice(acting: Acting) -> None:
    with acting("alice"):
        common = catalog(name="Général", company=None)
    for name in ("marc", "olga"):
        with acting(name) as session:
            assert again(common).name == "Général"
            with pytest.raises(Forbidden):
                catalog(name="Autre", company=None)
            session.rollback()


def test_names_are_unique_per_company_all_counting_as_one(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        iberia = session.get_one(Company, cast.iberia)
        catalog(name="Élan")
        catalog(name="elan", company=None)
        catalog(name="élan", company=iberia)
        session.commit()
        for company in (None, iberia):
            with pytest.raises(DomainError) as no:
                catalog(name="ÉLAN", company=company)
            assert list(no.value.fields) == ["name"]
            session.rollback()


def bomb() -> bytes:
    """A small file that draws for a minute."""
    strokes = zlib.compress(b"0 0 m 1 1 l S\n" * 10_000_000, 9)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    stream = b"<</Filter/FlateDecode/Length %d>>stream\n%b\nendstream" % (len(strokes), strokes)
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream
    )  # fmt: skip
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (n, text) for n, text in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF"


def test_a_pdf_that_takes_too_long_to_draw_is_refused(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "SECONDS", 1)
    with acting("claire") as session:
        with pytest.raises(DomainError) as refused:
            catalog(file=upload(content=bomb()))
        assert "file" in refused.value.fields
        session.rollback()
