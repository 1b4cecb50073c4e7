"""A minimal PDF for the demo's catalogues, with a title on each page."""

import io
from dataclasses import dataclass, field

LATIN = str.maketrans({"’": "'", "œ": "oe", "Œ": "OE", "(": "\\(", ")": "\\)", "\\": "\\\\"})


@dataclass
class Paper:
    """An upload, as a form would send it."""

    filename: str
    content: bytes
    stream: io.BytesIO = field(init=False)

    def __post_init__(self) -> None:
        self.stream = io.BytesIO(self.content)


def pdf(title: str, pages: int) -> bytes:
    """A PDF 1.4 file of A4 pages, each with `title` and its number (ISO 32000-1, 7.5)."""
    text = title.translate(LATIN)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number in range(pages):
        drawing = _page(text, number + 1)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
    return _file(objects)


def _page(text: str, number: int) -> bytes:
    band = "0.14 0.31 0.72 rg 0 642 595 200 re f\n" if number == 1 else ""
    ink = "1 1 1 rg" if number == 1 else "0.11 0.11 0.1 rg"
    lines = (
        f"{band}BT {ink} /F1 30 Tf 56 720 Td ({text}) Tj ET\n"
        f"BT 0.4 0.4 0.38 rg /F1 10 Tf 56 40 Td ({number}) Tj ET"
    )
    return lines.encode("cp1252", "replace")


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
