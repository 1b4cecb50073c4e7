"""Pictures of the pages of our own documents, for browsers that show no PDF."""

from io import BytesIO
from threading import Lock

WIDTH = 1240  # pixels: a page of A4 at 150 dots an inch

_one_at_a_time = Lock()  # pdfium is not safe between threads


def page_count(document: bytes) -> int:
    """The pages of a PDF that we made: what others sent is read in a process apart."""
    import pypdfium2

    with _one_at_a_time:
        opened = pypdfium2.PdfDocument(document)
        try:
            return len(opened)
        finally:
            opened.close()


def picture_of(document: bytes, page: int) -> bytes | None:
    """A page (from 0) of a PDF that we made, as PNG; None where there is no such page."""
    import pypdfium2

    with _one_at_a_time:
        opened = pypdfium2.PdfDocument(document)
        try:
            if not 0 <= page < len(opened):
                return None
            shown = opened[page]
            image = shown.render(scale=WIDTH / shown.get_width()).to_pil().convert("RGB")
        finally:
            opened.close()
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
