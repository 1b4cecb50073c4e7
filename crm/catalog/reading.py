"""PDFs are parsed in a child process: a hostile file can crash or stall a parser written in C.

Run as a program on the path of a PDF: prints the number of pages on the first line, then the
picture of the first page. Status 1 where it is no PDF; 2 for active content, whose name is printed.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

COVER = (480, 680)  # pixels, at most
SECONDS = 10  # CPU time; a catalogue of 50 MB takes one or two
MEMORY = 1024**3  # bytes
ACTIVE = 2  # exit status


class Unreadable(ValueError):
    """No PDF, a broken or locked one, or one that takes too much to read."""


class Active(ValueError):
    """A PDF with active content; the message is one of the names in `active`."""


def read(file: Path) -> tuple[int, bytes]:
    """The number of pages, and a PNG of the first. Raises Unreadable, Active."""
    try:
        done = subprocess.run(  # noqa: S603  a program of our own; the file is but its input
            [sys.executable, "-m", __name__, str(SECONDS), file],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=3 * SECONDS,
            check=True,
        )
    except subprocess.SubprocessError as error:
        if isinstance(error, subprocess.CalledProcessError) and error.returncode == ACTIVE:
            raise Active(error.stdout.decode()) from None
        raise Unreadable from error
    pages, _, picture = done.stdout.partition(b"\n")
    return int(pages), picture


def _bound(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not on this platform: the caller's timeout applies
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _main() -> int:
    os.nice(10)  # below the priority of requests
    import pikepdf
    import pypdfium2

    from crm.catalog.active import find_active

    _bound(int(sys.argv[1]))
    file = Path(sys.argv[2])
    try:
        active = find_active(file)
        if active:
            sys.stdout.write(active)
            return ACTIVE
        document = pypdfium2.PdfDocument(file)
        pages, picture = len(document), _picture(document[0])
    except (pikepdf.PdfError, pypdfium2.PdfiumError, IndexError, MemoryError):
        return 1
    sys.stdout.buffer.write(b"%d\n" % pages + picture)
    return 0


def _picture(page: object) -> bytes:
    width, height = page.get_size()  # type: ignore[attr-defined]  # the library has no types
    scale = min(COVER[0] / max(width, 1), COVER[1] / max(height, 1))
    image = page.render(scale=scale).to_pil()  # type: ignore[attr-defined]
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(_main())
