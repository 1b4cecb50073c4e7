"""What may be uploaded is on a list, and looked into; what it is called deceives nobody."""

import io
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from PIL import Image

from crm.core.errors import DomainError
from crm.core.files import inspecting
from crm.core.files.checking import ATTACHMENT, PICTURE, Accepted, check
from crm.core.files.inspecting import CHECKS, Active, Inspected, Unreadable
from crm.core.files.names import LONGEST, clean_name


def refusal(name: str, content: bytes, accepted: Accepted = ATTACHMENT) -> str:
    """The sentence with which an upload is refused; "" where it is not."""
    try:
        check(SimpleNamespace(filename=name, stream=io.BytesIO(content)), accepted).content.close()
    except DomainError as error:
        return error.fields["file"]
    return ""


def document(*parts: str, mimetype: bytes = b"") -> bytes:
    """A zipped document with these parts."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as file:
        for part in parts:
            file.writestr(part, mimetype if part == "mimetype" else b"<x/>")
    return buffer.getvalue()


def picture(
    kind: str = "PNG", size: tuple[int, int] = (8, 8), mode: str = "RGB", **how: Any
) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, "#ff000080"[: 2 * len(mode) + 1]).save(buffer, kind, **how)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    ["a.html", "a.svg", "a.xhtml", "a.xml", "a.js", "a.exe", "a.docm", "a.pdf.exe", "a", "", ".pdf",
     "a.pdf/", "a.html\u202efdp."],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused(app: Flask, name: str) -> None:
    with app.app_context():
        assert refusal(name, b"<script>alert(1)</script>").startswith("Files of this type are not")


@pytest.mark.parametrize(
    ("name", "content", "is_text"),
    [
        ("a.csv", "Nom;Ville\nÉlan;Évry\n".encode(), True),
        ("a.csv", "Nom;Ville\nÉlan;Évry\n".encode("cp1252"), True),
        ("a.TXT", "Nom\tÉlan".encode("utf-16"), True),
        ("a.txt", b"MZ\x90\x00\x03", False),
        ("a.csv", b"\xff\xfe\x00\xd8\x00", False),
    ],
)
def test_text_is_text_in_any_encoding(app: Flask, name: str, content: bytes, is_text: bool) -> None:
    with app.app_context():
        assert (refusal(name, content) == "") is is_text


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("docx", document("[Content_Types].xml", "word/document2.xml")),
        ("xlsx", document("[Content_Types].xml", "xl/workbook.xml")),
        ("pptx", document("[Content_Types].xml", "ppt/presentation.xml")),
        ("odt", document("mimetype", mimetype=b"application/vnd.oasis.opendocument.text")),
        ("ods", document("mimetype", mimetype=b"application/vnd.oasis.opendocument.spreadsheet")),
    ],
)
def test_a_document_is_known_by_its_parts(ending: str, content: bytes) -> None:
    look = CHECKS["document"]()
    assert look(io.BytesIO(content), ending) == Inspected()
    for other in ("docx", "xlsx", "odt", "ods"):
        if other != ending:
            with pytest.raises(Unreadable):
                look(io.BytesIO(content), other)


@pytest.mark.parametrize(
    ("ending", "parts"),
    [
        ("docx", ("word/document.xml", "word/vbaProject.bin")),
        ("odt", ("mimetype", "Basic/Standard/Module1.xml")),
        ("ods", ("mimetype", "Scripts/python/a.py")),
    ],
)
def test_a_document_with_macros_is_active(ending: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(Active, match="macro"):
        CHECKS["document"]()(io.BytesIO(document(*parts)), ending)


def test_a_child_process_says_what_is_wrong(app: Flask) -> None:
    with app.app_context():
        assert refusal("a.docx", b"PK\x03\x04 nothing") == "This file is not a valid DOCX file."
        macros = document("word/document.xml", "word/vbaProject.bin")
        assert refusal("a.docx", macros).startswith("This document contains macros.")


def test_a_picture_is_of_the_kind_that_its_name_says() -> None:
    look = CHECKS["picture"]()
    assert look(io.BytesIO(picture("JPEG")), "jpg") == Inspected()
    for content, ending in ((picture("PNG"), "jpg"), (b"<svg onload='x'/>", "png")):
        with pytest.raises(OSError, match="cannot identify"):
            look(io.BytesIO(content), ending)


def test_a_shown_picture_is_saved_anew_small_and_without_what_it_carried(app: Flask) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    camera = picture("JPEG", (3000, 1500), exif=exif, comment=b"<script>")
    with app.app_context():
        found = check(SimpleNamespace(filename="Moi.JPG", stream=io.BytesIO(camera)), PICTURE)
    content = found.content.read()
    assert (found.file_name, found.media_type, found.is_safe) == ("Moi.jpeg", "image/jpeg", True)
    assert b"home" not in content
    assert b"<script>" not in content
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (600, 300)
    logo = CHECKS["shown_picture"]()(io.BytesIO(picture("WEBP", mode="RGBA")), "webp")
    assert logo.media_type == "image/png", "what is transparent stays so"


def test_a_picture_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "LARGEST_PICTURE", 50)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # put back afterwards
    look = CHECKS["shown_picture"]()
    with pytest.raises(Image.DecompressionBombError):
        look(io.BytesIO(picture()), "png")


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("Tarif 2027.pdf", "Tarif 2027.pdf"),
        ("C:\\temp\\é\u0301té.pdf", "é\u0301té.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("a\u200b\u2066b\x00\x85\u2028.pdf", "ab.pdf"),
        ("\ud800a.pdf", "a.pdf"),
        ("  ...  .htaccess.txt", "htaccess.txt"),
        ("<img src=x onerror=alert(1)>.pdf", "<img src=x onerror=alert(1)>.pdf"),
        (None, ""),
    ],
)
def test_a_name_has_no_folder_no_line_end_and_no_hidden_sign(given: str | None, clean: str) -> None:
    assert clean_name(given) == clean


def test_a_long_name_keeps_its_ending() -> None:
    assert clean_name("é" * 300 + ".pdf") == "é" * (LONGEST - 4) + ".pdf"
    assert len(clean_name("a." + "b" * 300)) == LONGEST
