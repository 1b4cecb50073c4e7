"""Checks of the catalogs."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError

from crm.translators.catalogs import forms, key, read, source_languages
from crm.translators.project import PROJECT, SOURCE_LANGUAGE, Project, Terms
from crm.translators.source import strings
from crm.translators.typography import BRACES, PERCENT_STYLE, faults

_TEMPLATES = (".html", ".txt")


@dataclass(frozen=True)
class Problem:
    """A problem of a message: language, file, and how to fix it."""

    language: str
    file: str
    message: str
    words: str

    def __str__(self) -> str:
        return f"{self.language}: {self.file}: {self.message}: {self.words}"


@dataclass(frozen=True)
class Translation:
    """A message of the source and its translation in one language."""

    language: str
    source: tuple[str, ...]  # one form, or the singular and the plural
    texts: tuple[str, ...]  # one form, or one for each plural of the language; "" is missing
    fuzzy: bool = False
    term: str | None = None  # what terms.csv says

    @property
    def is_source(self) -> bool:
        return Locale.parse(self.language).language == SOURCE_LANGUAGE

    @property
    def filled(self) -> list[str]:
        return [text for text in self.texts if text]


def check(project: Project = PROJECT) -> list[Problem]:
    """All problems of the source and of each catalog.

    Raises jinja2.TemplateSyntaxError where a template does not parse.
    """
    source = strings(project)
    problems = list(_bare_percents(source))
    for language in source_languages(project):
        problems += _catalog_problems(language, project, source)
    return problems


def missing(pair: Translation) -> Iterator[str]:
    """A message without translation, or with some of its plural forms only."""
    if not pair.filled:
        if not pair.is_source:
            yield "missing"
        return
    yield from (f"plural form {n} missing" for n, text in enumerate(pair.texts) if not text)


def fuzzy(pair: Translation) -> Iterator[str]:
    """A message that someone, or a change of the source, marked as doubtful."""
    if pair.fuzzy:
        yield "fuzzy"


def placeholders(pair: Translation) -> Iterator[str]:
    """%(name)s, %s and {name}: those of the source, in each form; the first may be singular."""
    for n, text in enumerate(pair.texts):
        allowed = pair.source if n == 0 else pair.source[-1:]
        wanted = [_holes(form) for form in allowed]
        if text and _holes(text) not in wanted:
            yield f"placeholders differ: {_listed(wanted[-1])} became {_listed(_holes(text))}"


def percents(pair: Translation) -> Iterator[str]:
    """A % is doubled where, and only where, the source formats the text."""
    formatted = any("%%" in form or PERCENT_STYLE.search(form) for form in pair.source)
    for text in pair.filled:
        if formatted and "%" in PERCENT_STYLE.sub("", text.replace("%%", "")):
            yield "bare %, write %%"
        elif not formatted and "%%" in text:
            yield "%% where the source has %"


def edges(pair: Translation) -> Iterator[str]:
    """Leading and trailing white space is that of the source."""
    for text in pair.filled:
        if _edges(text) != _edges(pair.source[-1]):
            yield "spaces at the ends differ"


def typography(pair: Translation) -> Iterator[str]:
    """Spaces, quotes and words; the source language is read as it will be shown."""
    shown = pair.source if pair.is_source and not pair.filled else pair.texts
    found = (fault for text in shown for fault in faults(text, pair.language))
    yield from dict.fromkeys(found)  # once, even where both plurals have it


def terms(pair: Translation) -> Iterator[str]:
    """A word of terms.csv has the translation that terms.csv says."""
    if pair.term and pair.filled and pair.filled != [pair.term]:
        yield f"terms.csv says {pair.term!r}, not {pair.filled[0]!r}"


RULES: list[Callable[[Translation], Iterator[str]]] = [
    missing,
    fuzzy,
    placeholders,
    percents,
    edges,
    typography,
    terms,
]


def _catalog_problems(language: str, project: Project, source: Catalog) -> Iterator[Problem]:
    file = project.catalog(language).name
    try:
        catalog = read(project.catalog(language))
    except PoFileError as error:
        yield Problem(language, file, f"line {error.lineno + 1}", f"cannot be read ({error})")
        return
    words = project.terms(language)
    for message in source:
        if message.id:
            pair = _pair(language, message, catalog, words)
            yield from (
                Problem(language, file, _name(message), fault)
                for rule in RULES
                for fault in rule(pair)
            )
    for message in catalog:
        if message.id and source.get(message.id, message.context) is None:
            yield Problem(language, file, _name(message), "no longer in the source")


def _pair(language: str, message: Message, catalog: Catalog, words: Terms) -> Translation:
    found = catalog.get(message.id, message.context)
    count = catalog.num_plurals if message.pluralizable else 1
    texts = forms(found.string) if found else ()
    return Translation(
        language,
        source=forms(message.id),
        texts=(*texts, *[""] * count)[:count],
        fuzzy=bool(found and found.fuzzy),
        term=None if message.pluralizable else words.get(key(message)),
    )


def _bare_percents(source: Catalog) -> Iterator[Problem]:
    """Jinja formats whatever a template translates, so a bare % there is an error at run time."""
    for message in source:
        files = [file for file, _ in message.locations if Path(file).suffix in _TEMPLATES]
        for text in forms(message.id) if files else ():
            if "%" in PERCENT_STYLE.sub("", text.replace("%%", "")):
                yield Problem(SOURCE_LANGUAGE, files[0], _name(message), "bare %, write %%")


def _name(message: Message) -> str:
    text, context = key(message)
    return f'"{text}"' + (f" ({context})" if context else "")


def _holes(text: str) -> Counter[str]:
    """The placeholders of a text; a named one may be repeated, a bare %s may not."""
    text = text.replace("%%", "")
    found = PERCENT_STYLE.findall(text) + BRACES.findall(text)
    counted = Counter[str](found)
    return Counter({hole: n if hole in {"%s", "%d", "{}"} else 1 for hole, n in counted.items()})


def _listed(holes: Counter[str]) -> str:
    return " ".join(sorted(holes.elements())) or "none"


def _edges(text: str) -> tuple[str, str]:
    spaces = " \t\r\n"  # a no-break one belongs to the sign beside it
    return text[: len(text) - len(text.lstrip(spaces))], text[len(text.rstrip(spaces)) :]
