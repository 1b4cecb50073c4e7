"""Active content of a PDF: scripts, forms, attached files, actions; read in the child process.

pdfium reports neither a script that runs when the file is opened nor one of a page.
"""

from typing import BinaryIO

from pikepdf import Array, Dictionary, Object, Pdf, Stream

# A key of any dictionary, or the kind of an action (ISO 32000-2, 12.6.4) → what is said of it.
# Going to a page is not among them, nor to an address or another file unless nobody clicks.
# Movies, sounds and 3D models have players of their own, some with scripts.
KEYS = {
    "/JS": "script",
    "/XFA": "form",
    "/EmbeddedFiles": "files",
    "/EF": "files",
    "/Movie": "files",
    "/RichMediaContent": "files",
    "/3DD": "files",
}
ACTIONS = {
    "/JavaScript": "script",
    "/Rendition": "script",
    "/Launch": "launch",
    "/ImportData": "launch",
    "/SubmitForm": "launch",
    "/GoToE": "files",
}
LEAVING = ("/URI", "/GoToR", "/Thread")  # where nobody clicks: at opening, at a page


def find_active(file: BinaryIO, allowed: str) -> str:
    """The first active content found: "script", "form", "files", "launch" or "opens".

    "" where there is none but what is `allowed`, one of these names. Raises PdfError.
    """
    with Pdf.open(file) as pdf:
        waiting: list[Object] = [pdf.trailer, *pdf.objects]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Dictionary | Stream):
                found = _named(node, allowed)
                if found:
                    return found
                children = [child for _name, child in node.items()]
            else:
                children = list(node) if isinstance(node, Array) else []
            # Indirect objects are in the list already, so that no cycle is walked twice.
            waiting += [c for c in children if isinstance(c, Object) and not c.is_indirect]
    return ""


def _named(node: Object, allowed: str) -> str:
    for key in node.keys():  # noqa: SIM118  an Object is iterable in other ways
        if KEYS.get(key, allowed) != allowed:
            return KEYS[key]
    if any(_leaves(action) for action in _unasked(node)):
        return "opens"
    named = ACTIONS.get(str(node.get("/S", "")), "")
    return "" if named == allowed else named


def _unasked(node: Object) -> list[Object | None]:
    """The actions that run without a click: at opening, at a page, under the pointer."""
    events = node.get("/AA")
    found = [action for _event, action in events.items()] if isinstance(events, Dictionary) else []
    return [node.get("/OpenAction"), *found]


def _leaves(action: Object | None) -> bool:
    """Whether an action, or one that follows it, leaves the file; a destination does not."""
    actions, seen = [action], set()
    for one in actions:  # grows by the actions that follow
        if not isinstance(one, Dictionary) or (one.is_indirect and one.objgen in seen):
            continue
        seen.add(one.objgen)
        if str(one.get("/S", "")) in LEAVING:
            return True
        after = one.get("/Next")
        actions += list(after) if isinstance(after, Array) else [after]
    return False
