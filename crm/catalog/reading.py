"""PDFs are read in a process of its own: a hostile one can crash or stall a parser written in C.

Run as a program on the path of a PDF: the number of its pages on the first line of standard output,
then the picture of the first one. Status 1 where it is no PDF; 2 where it is an active one, with
what makes it so on standard output.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

COVER = (480, 680)  # pixels, at most
SECONDS = 10  # of the processor; a catalogue of 50 MB takes one or two
MEMORY = 1024**3  # bytes
ACTIVE = 2  # the status that says so


class Unreadable(ValueError):
    """No PDF, a broken or locked one, or one that takes too much to read."""


class Active(ValueError):
    """A PDF that would do something by itself; the message is one of the words of `active`."""


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
    except ImportError:  # not on this platform: the timeout of the caller holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _main() -> int:
    os.nice(10)  # the requests of others come first
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
