"""Files are parsed in a child process: a hostile one can crash or stall a parser written in C.

Run as a program with the file as standard input: prints a line of JSON about it, then what was
made of it. Exit status 2 for active content, whose name is printed; 1 where a parser raises.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, BinaryIO
from zipfile import BadZipFile, ZipFile

COVER = (480, 680)  # pixels at most, width and height
PICTURE = (600, 600)  # likewise
LARGEST_PICTURE = 50_000_000  # pixels that are decoded
SECONDS = 10  # CPU time; a catalogue of 50 MB takes one or two
MEMORY = 1024**3  # bytes
ACTIVE = 2  # exit status

# The part that each kind of document has, and the media types of OpenDocument.
OFFICE = {"docx": "word/document", "xlsx": "xl/workbook", "pptx": "ppt/presentation"}
OPEN_DOCUMENT = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}
MACROS = ("basic/", "scripts/")  # folders of an OpenDocument file


class Unreadable(ValueError):
    """Not the kind of file that it should be, broken, locked, or too expensive to read."""


class Active(ValueError):
    """A file with active content; the message is one of the names in `active`, or "macro"."""


@dataclass(frozen=True)
class Inspected:
    """What was found: the number of pages, where there are any, and what was made of the file."""

    pages: int = 0
    media_type: str = ""  # of `made`
    made: bytes = b""  # the cover of a PDF, a picture encoded again


Look = Callable[..., Inspected]  # (file, ending); raises Unreadable, Active or a parser's error


def inspect(check: str, ending: str, file: IO[bytes]) -> Inspected:
    """Run one of CHECKS on a file that has a descriptor. Raises Unreadable, Active."""
    file.seek(0)
    try:
        done = subprocess.run(  # noqa: S603  a program of our own; the file is but its input
            [sys.executable, "-m", __name__, str(SECONDS), check, ending],
            stdin=file,
            capture_output=True,
            timeout=3 * SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode == ACTIVE:
            raise Active(error.stdout.decode()) from None
        raise Unreadable from error
    told, _, made = done.stdout.partition(b"\n")
    return Inspected(**json.loads(told), made=made)


def _bound(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not on this platform: the caller's timeout applies
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _main(seconds: str, check: str, ending: str) -> int:
    os.nice(10)  # below the priority of requests
    prepared = CHECKS[check]()  # imports first: the limits are for the file
    _bound(int(seconds))
    try:
        found = prepared(sys.stdin.buffer, ending)
    except Active as error:
        sys.stdout.write(str(error))
        return ACTIVE
    told = {"pages": found.pages, "media_type": found.media_type}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + found.made)
    return 0


def _shown_pdf() -> Look:
    """A PDF that a page shows: nothing active in it; with the cover of its first page."""
    import pypdfium2

    no_script = _pdf()

    def look(file: IO[bytes], ending: str) -> Inspected:
        no_script(file, ending, allowed="")
        file.seek(0)
        try:
            document = pypdfium2.PdfDocument(file)
            page = document[0]
        except (pypdfium2.PdfiumError, IndexError) as error:
            raise Unreadable from error
        width, height = page.get_size()
        scale = min(COVER[0] / max(width, 1), COVER[1] / max(height, 1))
        image = page.render(scale=scale).to_pil().convert("RGB")
        return Inspected(len(document), "image/png", _saved(image, "PNG", optimize=True))

    return look


def _pdf() -> Look:
    """A PDF that is passed on; it may carry files, as an electronic invoice does (Factur-X)."""
    import pikepdf

    from crm.core.files.active import find_active

    def look(file: BinaryIO, ending: str, allowed: str = "files") -> Inspected:
        if b"%PDF-" not in file.read(1024):
            raise Unreadable
        file.seek(0)
        try:
            active = find_active(file, allowed)
        except pikepdf.PdfError as error:
            raise Unreadable from error
        if active:
            raise Active(active)
        return Inspected()

    return look


def _picture() -> Look:
    """A picture of the kind that its name says."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = LARGEST_PICTURE // 2  # Pillow refuses twice as many

    def look(file: IO[bytes], ending: str) -> Inspected:
        with Image.open(file, formats=["JPEG" if ending == "jpg" else ending]) as image:
            image.load()
        return Inspected()

    return look


def _shown_picture() -> Look:
    """The same, encoded again and smaller: without position, comments and other metadata."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = LARGEST_PICTURE // 2

    def look(file: IO[bytes], ending: str) -> Inspected:
        with Image.open(file, formats=["JPEG" if ending == "jpg" else ending]) as image:
            turned = ImageOps.exif_transpose(image)
            turned.thumbnail(PICTURE)
            plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
        clean = Image.new(plain.mode, plain.size)
        clean.paste(plain)
        if clean.mode == "RGBA":
            return Inspected(0, "image/png", _saved(clean, "PNG", optimize=True))
        return Inspected(0, "image/jpeg", _saved(clean, "JPEG", quality=85))

    return look


def _saved(image: Any, kind: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def _document() -> Look:
    """A document of Office or OpenDocument without macros; only its list of parts is read."""

    def look(file: IO[bytes], ending: str) -> Inspected:
        try:
            with ZipFile(file) as parts:
                _look_at_parts(parts, ending)
        except BadZipFile as error:
            raise Unreadable from error
        return Inspected()

    return look


def _look_at_parts(parts: ZipFile, ending: str) -> None:
    names = [name.lower() for name in parts.namelist()]
    if any(name.endswith("vbaproject.bin") or name.startswith(MACROS) for name in names):
        raise Active("macro")
    if ending in OFFICE:
        is_one = any(name.startswith(OFFICE[ending]) for name in names)
    else:
        wanted = f"application/vnd.oasis.opendocument.{OPEN_DOCUMENT[ending]}".encode()
        is_one = "mimetype" in names and parts.open("mimetype").read(200).strip() == wanted
    if not is_one:
        raise Unreadable


CHECKS = {
    "pdf": _pdf,
    "shown_pdf": _shown_pdf,
    "picture": _picture,
    "shown_picture": _shown_picture,
    "document": _document,
}

if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
