"""A page read as a browser would: its elements, and the text that people see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Elements without content, those of our drawings included.
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr", "path", "use", "circle", "rect", "line", "polyline", "polygon", "ellipse",
}  # fmt: skip
BLANKS = re.compile(r"[ \t\r\n]+")  # not the no-break spaces
UNSEEN = ("script", "style", "template", "title", "code", "pre")


@dataclass
class Element:
    """One element: its name, attributes, and what is in it, in order."""

    name: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    content: "list[Element | str]" = field(default_factory=list)

    def all(self, name: str = "") -> "Iterator[Element]":
        """Every element below this one, of this name where one is given."""
        for part in self.content:
            if isinstance(part, Element):
                if name in ("", part.name):
                    yield part
                yield from part.all(name)

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def texts(self) -> "Iterator[tuple[str, Element]]":
        """Each run of text, with the element that it stands in; what nobody sees is left out."""
        if self.name in UNSEEN:
            return
        for part in self.content:
            if isinstance(part, Element):
                yield from part.texts()
            elif part.strip():
                yield BLANKS.sub(" ", part).strip(" "), self

    @property
    def is_inert(self) -> bool:
        """Whether it is in a template element, for scripts."""
        return self.name == "template" or (self.parent is not None and self.parent.is_inert)

    @property
    def text(self) -> str:
        return " ".join(text for text, _ in self.texts())

    @property
    def lang(self) -> str:
        """The language of its text."""
        return self.get("lang") or (self.parent.lang if self.parent is not None else "")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.here = self.root
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.wrong += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        element = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.content.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.here = self.here.parent or self.root

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if tag != self.here.name:
            self.wrong.append(f"</{tag}> closes <{self.here.name}>, line {self.getpos()[0]}")
            return
        self.here = self.here.parent or self.root

    def handle_data(self, data: str) -> None:
        self.here.content.append(data)


def read(html: str) -> tuple[Element, list[str]]:
    """The page as a tree, and what is wrong with its tags."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    left = [] if reader.here is reader.root else [f"<{reader.here.name}> is not closed"]
    return reader.root, reader.wrong + left


def fields(form: Element) -> dict[str, list[str]]:
    """What a browser would send of a form as it stands: name → values."""
    sent: dict[str, list[str]] = {}
    for one in form.all():
        name = one.get("name")
        if not name or "disabled" in one.attributes or one.is_inert:
            continue
        match one.name:
            case "input" if one.get("type") in ("checkbox", "radio"):
                if "checked" in one.attributes:
                    sent.setdefault(name, []).append(one.attributes.get("value", "on"))
            case "input" if one.get("type") not in ("submit", "button", "file"):
                sent.setdefault(name, []).append(one.get("value"))
            case "textarea":
                sent.setdefault(name, []).append("".join(map(str, one.content)).removeprefix("\n"))
            case "select":
                sent.setdefault(name, []).extend(_chosen(one))
    return sent


def _chosen(select: Element) -> list[str]:
    options = list(select.all("option"))
    chosen = [one for one in options if "selected" in one.attributes]
    if not chosen and "multiple" not in select.attributes:
        chosen = options[:1]
    return [one.get("value") for one in chosen]


def main_form(html: str) -> dict[str, list[str]]:
    """The fields of the form that a page is about: the one with most of them."""
    page, _ = read(html)
    forms = [fields(form) for form in page.all("form") if form.get("method").lower() == "post"]
    return max(forms, key=len)
