"""The catalog files: create, update, pre-fill, count and compile."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from crm.translators.project import PROJECT, SOURCE_LANGUAGE, Project, Terms, languages
from crm.translators.source import strings
from crm.translators.typography import typeset


@dataclass(frozen=True)
class Stat:
    """The numbers of messages of a language, of `total` in the source."""

    language: str
    translated: int
    fuzzy: int
    total: int

    @property
    def missing(self) -> int:
        return self.total - self.translated - self.fuzzy


def extract(project: Project = PROJECT) -> Path:
    """Write the template `messages.pot`, for tools that want one, and return its path."""
    file = project.folder / "messages.pot"
    _write(file, _po(strings(project)))
    return file


def update(language: str, project: Project = PROJECT) -> Path:
    """Bring a language's catalog up to the source, creating it where there is none.

    Terms of terms.csv are filled in; a message that is no longer in the source is kept at the end
    of the file, and is restored with it. Raises ValueError or babel.UnknownLocaleError for a code
    that is no language.
    """
    locale = Locale.parse(language, sep="-" if "-" in language else "_")
    file = project.catalog(str(locale))
    catalog = read(file) if file.is_file() else _new(locale)
    _merge(catalog, strings(project))
    if locale.language == SOURCE_LANGUAGE:
        _typeset(catalog)
    else:
        prefill(catalog, project.terms(str(locale)))
    _write(file, _po(catalog))
    return file


def prefill(catalog: Catalog, terms: Terms) -> None:
    """Fill empty messages from the list of terms, in place."""
    for message in catalog:
        if isinstance(message.id, str) and not message.string:
            message.string = terms.get((message.id, message.context), "")


def stats(project: Project = PROJECT) -> list[Stat]:
    """The numbers of each language; the source language is always complete."""
    source = strings(project)
    return [_stat(language, project, source) for language in source_languages(project)]


def compile_catalogs(project: Project = PROJECT) -> list[str]:
    """Build the `.mo` of each catalog, and return the languages whose file changed.

    Safe when two processes do it at once; an up-to-date file is not touched, so an installed
    package may be read-only. A fuzzy message is left out.
    """
    changed = []
    for language in source_languages(project):
        file = project.catalog(language)
        if _write(file.with_suffix(".mo"), _compiled(file)):
            changed.append(language)
    return changed


def is_compiled(language: str, project: Project = PROJECT) -> bool:
    """Whether the `.mo` of a language says what its catalog says; one without a catalog needs none.

    Raises babel.messages.pofile.PoFileError.
    """
    file = project.catalog(language)
    made = file.with_suffix(".mo")
    return not file.is_file() or (made.is_file() and made.read_bytes() == _compiled(file))


def _compiled(file: Path) -> bytes:
    content = BytesIO()
    write_mo(content, read(file))
    return content.getvalue()


def read(file: Path) -> Catalog:
    """A catalog; raises babel.messages.pofile.PoFileError where the file is malformed."""
    with file.open("rb") as content:
        return read_po(content, locale=file.parents[1].name, abort_invalid=True)


def source_languages(project: Project) -> list[str]:
    """Languages with a `.po` file; one with a `.mo` alone is served only."""
    return [name for name in languages(project) if project.catalog(name).is_file()]


def forms(words: str | Iterable[str] | None) -> tuple[str, ...]:
    """A message's id or translation as a tuple, whether it has plurals or not."""
    return (words or "",) if isinstance(words, str | None) else tuple(words)


def key(message: Message) -> tuple[str, str | None]:
    """The key of a message: its singular and its context."""
    return forms(message.id)[0], message.context


def _new(locale: Locale) -> Catalog:
    """An empty catalog; its plural rule is Babel's."""
    now = datetime.now(UTC)
    name = locale.get_display_name(SOURCE_LANGUAGE)
    catalog = Catalog(
        locale=locale,
        project="Comptoir",
        version="1",
        header_comment=f"# {name} words of Comptoir.",
        creation_date=now,
        revision_date=now,
        fuzzy=False,
    )
    # Babel replaces an empty argument by a sample address.
    catalog.msgid_bugs_address = catalog.last_translator = ""
    catalog.language_team = name or ""
    return catalog


# Babel's own update marks untouched plurals as fuzzy and guesses by likeness, which is wrong
# more often than right for labels of one or two words.
def _merge(catalog: Catalog, source: Catalog) -> None:
    """Update the catalog to the source's messages, in place, keeping translations."""
    past = {key(message): message for message in (*catalog.obsolete.values(), *catalog)}
    for message in past.values():
        catalog.delete(message.id, message.context)
    catalog.obsolete.clear()
    for message in _messages(source):
        _add(catalog, message, past.pop(key(message), Message(message.id)))
    catalog.obsolete.update({str(k): m for k, m in past.items() if m.id and any(forms(m.string))})


def _add(catalog: Catalog, message: Message, past: Message) -> None:
    """Add a message of the source with its past translation, in as many forms as it needs now."""
    count = catalog.num_plurals if message.pluralizable else 1
    words = (*forms(past.string), *[""] * count)[:count]
    doubtful = past.fuzzy or past.pluralizable != message.pluralizable
    catalog.add(
        message.id,
        words if message.pluralizable else words[0],
        locations=message.locations,
        flags=message.flags | ({"fuzzy"} if doubtful and any(words) else set()),
        auto_comments=message.auto_comments,
        user_comments=past.user_comments,
        context=message.context,
    )


def _typeset(catalog: Catalog) -> None:
    """Fill in typographic quotes and ellipses for the source language."""
    for message in _messages(catalog):
        proper = tuple(typeset(text) for text in forms(message.id))
        if proper != forms(message.id) and not any(forms(message.string)):
            message.string = proper if message.pluralizable else proper[0]


def _stat(language: str, project: Project, source: Catalog) -> Stat:
    messages = _messages(source)
    if Locale.parse(language).language == SOURCE_LANGUAGE:
        return Stat(language, len(messages), 0, len(messages))
    catalog = read(project.catalog(language))
    found = [catalog.get(message.id, message.context) for message in messages]
    filled = [message for message in found if message and all(forms(message.string))]
    fuzzy = sum(message.fuzzy for message in filled)
    return Stat(language, len(filled) - fuzzy, fuzzy, len(messages))


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]  # the header has no id


def _po(catalog: Catalog) -> bytes:
    content = BytesIO()
    # Unwrapped and without line numbers: a catalog changes when words do, not when code moves.
    write_po(content, catalog, width=0, sort_output=True, include_lineno=False)
    return content.getvalue()


def _write(file: Path, content: bytes) -> bool:
    """Replace a file atomically if its content changes. Returns whether it did."""
    if file.is_file() and file.read_bytes() == content:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(file)
    return True
