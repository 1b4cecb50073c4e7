"""/catalogs: PDF files, only while catalogues are managed."""

import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from crm.catalog.models import Catalog, CatalogType, CatalogVersion
from crm.companies.models import AppSettings
from tests.companies.test_pictures import photo
from tests.factories import again, save, word
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
PATHS = ("list/", "add", "export", "show/1", "edit/1", "file/1", "cover/1", "bin/", "pick/type")


def pdf(pages: int = 1) -> bytes:
    """A real PDF file."""
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def switched_on(acting: Acting) -> None:
    """Catalogues are managed."""
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)


Send = Callable[..., TestResponse]


@pytest.fixture
def send(as_user: AsUser, acting: Acting, cast: Cast) -> Send:
    """Post a file as Claire, as the form does."""
    with acting("claire"):
        kind = word(CatalogType, "General").id

    def post(content: bytes, name: str, path: str = "/catalogs/add", **more: Any) -> TestResponse:
        data = {"name": "ProLine", "type": kind, "owner": cast.claire, **more}
        files = {"file": (io.BytesIO(content), name)} if name else {}
        return as_user("claire").post(path, data=data | files, content_type="multipart/form-data")

    return post


@pytest.mark.accept("A-10")
def test_pages_exist_only_while_the_switch_is_on(
    as_user: AsUser, acting: Acting, send: Send
) -> None:
    marc = as_user("marc")
    for path in PATHS:
        assert marc.get(f"/catalogs/{path}").status_code == 404, path
    assert send(pdf(), "a.pdf").status_code == 404
    assert "/catalogs/" not in marc.get("/leads/list/").text
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
    assert marc.get("/catalogs/list/").status_code == 200
    assert "/catalogs/" in marc.get("/leads/list/").text


@pytest.mark.usefixtures("switched_on")
@pytest.mark.accept("A-11")
def test_a_pdf_is_listed_with_its_cover_and_opens_in_the_page(as_user: AsUser, send: Send) -> None:
    made = send(pdf(3), "gamme 2027.pdf", brand="Nordia")
    assert made.status_code == 303
    pk = made.headers["Location"].rpartition("/")[2]
    claire = as_user("claire")
    cards = claire.get("/catalogs/list/").text
    assert f"/catalogs/cover/{pk}" in cards
    assert "3 pages" in cards
    assert "<table" in claire.get("/catalogs/list/?view=list").text
    assert f'src="/catalogs/file/{pk}"' in claire.get(made.headers["Location"]).text
    shown = claire.get(f"/catalogs/file/{pk}")
    assert shown.data.startswith(b"%PDF")
    assert shown.mimetype == "application/pdf"
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "private, no-cache"
    saved = claire.get(f"/catalogs/file/{pk}?download=1")
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert claire.get(f"/catalogs/cover/{pk}").data.startswith(b"\x89PNG")


@pytest.mark.usefixtures("switched_on")
@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"PK\x03\x04 a document", "tarif.pdf", "This file is not a valid PDF."),
        (pdf(), "tarif.docx", "Only PDF files are accepted."),
        (b"", "", "Choose a PDF file."),
    ],
)
def test_what_is_no_pdf_is_refused_beside_the_field(
    send: Send, content: bytes, name: str, words: str
) -> None:
    refused = send(content, name)
    assert refused.status_code == 422
    assert words in refused.text
    assert 'id="e-file"' in refused.text
    assert 'value="ProLine"' in refused.text


@pytest.mark.usefixtures("switched_on")
def test_another_file_takes_the_place_of_the_one_before(
    as_user: AsUser, acting: Acting, send: Send
) -> None:
    pk = send(pdf(), "un.pdf").headers["Location"].rpartition("/")[2]
    with acting("claire"):
        before = again(Catalog(id=int(pk)))
    version = str(before.row_version)
    assert send(b"", "", f"/catalogs/edit/{pk}", row_version=version).status_code == 303
    with acting("claire"):
        assert again(before).file_id == before.file_id, "no file sent: the present one stays"
        version = str(again(before).row_version)
    assert send(pdf(4), "deux.pdf", f"/catalogs/edit/{pk}", row_version=version).status_code == 303
    page = as_user("claire").get(f"/catalogs/show/{pk}").text
    assert "deux.pdf" in page
    assert "4 pages" in page
    assert "un.pdf" in page, "the former one, as a version"
    with acting("claire") as session:
        row = session.scalars(select(CatalogVersion)).one()
        key, former = row.file.key, f"/catalogs/file/{pk}?version={row.id}"
    for tab in ("", "?tab=history"):
        shown = as_user("claire").get(f"/catalogs/show/{pk}{tab}")
        assert shown.status_code == 200
        assert key not in shown.text
    assert as_user("claire").get(former).headers["Content-Disposition"] == "inline; filename=un.pdf"
    for other in ("0", "x", str(row.id + 1)):
        assert as_user("claire").get(f"/catalogs/file/{pk}?version={other}").status_code == 404


@pytest.mark.usefixtures("switched_on")
def test_another_companys_file_does_not_exist(as_user: AsUser, send: Send) -> None:
    pk = send(pdf(), "un.pdf").headers["Location"].rpartition("/")[2]
    olga = as_user("olga")
    for path in ("show", "file", "cover", "edit"):
        assert olga.get(f"/catalogs/{path}/{pk}").status_code == 404, path
    assert "ProLine" not in olga.get("/catalogs/list/").text


@pytest.mark.usefixtures("switched_on")
def test_a_file_is_never_named_by_its_number(as_user: AsUser, acting: Acting, send: Send) -> None:
    assert send(pdf(), "un.pdf").status_code == 303
    with acting("claire") as session:
        pk = session.scalars(select(Catalog.file_id)).one()
    for person in ("olga", "claire", "alice"):
        browser = as_user(person)
        assert browser.get("/catalogs/pick/file").status_code == 404
        assert browser.get(f"/catalogs/add?file={pk}").status_code == 404
    more = {"file": str(pk), "file_id": str(pk)}
    assert "Choose a PDF file." in send(b"", "", **more).text


@pytest.mark.usefixtures("switched_on")
def test_the_cover_is_replaced_by_a_picture_and_back_by_the_first_page(
    as_user: AsUser, acting: Acting, send: Send
) -> None:
    pk = send(pdf(), "gamme.pdf").headers["Location"].rpartition("/")[2]
    claire, url = as_user("claire"), f"/catalogs/cover/{pk}"
    first = claire.get(url).data

    def saved(**more: object) -> bytes:
        with acting("claire") as session:
            version = str(session.get_one(Catalog, int(pk)).row_version)
        answer = send(b"", "", f"/catalogs/edit/{pk}", row_version=version, **more)
        assert answer.status_code == 303, answer.text
        return claire.get(url).data

    own = saved(cover=(photo(), "cover.png"))
    assert own != first
    assert saved(brand="Nordia") == own
    assert saved(**{"cover-remove": "1"}) == first
