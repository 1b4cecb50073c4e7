"""Where the strings, the catalogs and the list of words are."""

import csv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from babel import Locale

SOURCE_LANGUAGE = "en"  # the language of the strings in the code

Terms = dict[tuple[str, str | None], str]  # (English, context) → the word of one language


@dataclass(frozen=True)
class Project:
    """A checkout, or an installed package: `root` is the folder that holds `crm/`."""

    root: Path
    # Their own French is partial or in another voice, so our catalog carries their strings.
    libraries: tuple[str, ...] = ("flask_appbuilder", "flask_wtf", "wtforms")

    @property
    def folder(self) -> Path:
        """The catalogs: beside `crm/` in a checkout, inside it once installed."""
        packaged = self.root / "crm" / "translations"
        return packaged if packaged.is_dir() else self.root / "translations"

    def catalog(self, language: str) -> Path:
        return self.folder / language / "LC_MESSAGES" / "messages.po"

    def sources(self) -> list[tuple[str, Path]]:
        """The folders to read, each with the name it has in the catalogs' references."""
        ours = [(name, self.root / name) for name in ("crm", "templates")]
        theirs = [(name, _package(name)) for name in self.libraries]
        return [(name, path) for name, path in ours + theirs if path.is_dir()]

    def terms(self, language: str) -> Terms:
        """The words that terms.csv settles for a language; none where it has no such column.

        A column is headed by the language's English name in lower case ("french", "german").
        """
        file = self.folder / "terms.csv"
        if not file.is_file():
            return {}
        column = (Locale.parse(language).get_language_name(SOURCE_LANGUAGE) or "").lower()
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        return {
            (row["english"], row.get("context") or None): row[column]
            for row in rows
            if row.get(column)
        }


PROJECT = Project(Path(__file__).parents[2])


def languages(project: Project = PROJECT) -> list[str]:
    """The languages of the menu: every folder that holds a catalog, in alphabetical order."""
    found = {
        file.parents[1].name
        for name in ("messages.po", "messages.mo")
        for file in project.folder.glob(f"*/LC_MESSAGES/{name}")
    }
    return sorted(found)


def _package(name: str) -> Path:
    spec = find_spec(name)  # finds it without importing it
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin).parent
