"""Extraction of the strings to translate."""

from collections import deque
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from jinja2 import TemplateSyntaxError

from crm.translators.project import PROJECT, Project

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "__": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "lazy_npgettext": ((1, "c"), 2, 3),
}
COMMENT_TAGS = ("Translators:",)  # such a comment above a string is shown to the translator

_TEMPLATE = "jinja2.ext:babel_extract"
_METHODS = [("**.py", "python"), ("**.html", _TEMPLATE), ("**.txt", _TEMPLATE)]
# Without `silent`, a template that does not parse would lose its strings without a word.
_OPTIONS = {pattern: {"silent": "false"} for pattern, method in _METHODS if method == _TEMPLATE}
_NOT_OURS = {"node_modules", "static", "translations"}


def strings(project: Project = PROJECT) -> Catalog:
    """Every string of our code, our templates and the libraries whose pages we show.

    Raises jinja2.TemplateSyntaxError where a template does not parse.
    """
    catalog = Catalog(project="Comptoir", fuzzy=False)
    for name, folder in project.sources():
        _read(catalog, name, folder)
    return catalog


def _read(catalog: Catalog, name: str, folder: Path) -> None:
    current = deque[str](maxlen=1)  # the file being read, which Jinja does not name
    found = extract_from_dir(
        folder,
        _METHODS,
        _OPTIONS,
        KEYWORDS,
        COMMENT_TAGS,
        callback=lambda file, *_: current.append(Path(file).as_posix()),
        strip_comment_tags=True,
        directory_filter=_is_read,
    )
    try:
        for file, line, message, comments, context in found:
            where = [(f"{name}/{Path(file).as_posix()}", line)]
            catalog.add(message, locations=where, auto_comments=comments, context=context)
    except TemplateSyntaxError as error:
        error.filename = f"{name}/{current[0]}"
        raise


def _is_read(folder: str) -> bool:
    name = Path(folder).name
    return name not in _NOT_OURS and not name.startswith((".", "__"))
