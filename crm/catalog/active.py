"""Active content of a PDF: what it would run, send or carry along; read in the child process.

pdfium sees neither a script that opens with the file nor one of a page.
"""

from typing import BinaryIO

from pikepdf import Array, Dictionary, Object, Pdf, Stream

# A key of any dictionary, or the kind of an action (ISO 32000-2, 12.6.4) → what is said of it.
# Going to a page or to a web address is not among them.
KEYS = {"/JS": "script", "/XFA": "form", "/EmbeddedFiles": "files", "/EF": "files"}
ACTIONS = {
    "/JavaScript": "script",
    "/Rendition": "script",
    "/Launch": "launch",
    "/ImportData": "launch",
    "/SubmitForm": "launch",
    "/GoToE": "files",
}


def find_active(file: BinaryIO) -> str:
    """ "script", "form", "files", "launch", or "" where there is nothing. Raises PdfError."""
    with Pdf.open(file) as pdf:
        waiting: list[Object] = [pdf.trailer, *pdf.objects]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Dictionary | Stream):
                found = _named(node)
                if found:
                    return found
                children = [child for _name, child in node.items()]
            else:
                children = list(node) if isinstance(node, Array) else []
            # Objects of their own are in the list already; by that no loop is walked twice.
            waiting += [c for c in children if isinstance(c, Object) and not c.is_indirect]
    return ""


def _named(node: Object) -> str:
    for key in node.keys():  # noqa: SIM118  an Object is iterable in other ways
        if key in KEYS:
            return KEYS[key]
    return ACTIONS.get(str(node.get("/S", "")), "")
