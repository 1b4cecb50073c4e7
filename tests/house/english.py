"""English among French texts: words of the catalog, amounts and dates written the English way."""

import re
from collections.abc import Iterable
from pathlib import Path

from crm.translators.catalogs import forms, read

FRENCH = Path(__file__).parents[2] / "translations/fr/LC_MESSAGES/messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%s")
WORD = re.compile(r"[^\W\d_]{3}")
MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
FIGURES = re.compile(
    r"[€$£]\d|(?<![\d,])\d{1,3}(,\d{3})+(?!\d)|"
    rf"\b\d{{1,2}} ({MONTH}) \d{{4}}|\b\d{{4}}-\d\d-\d\d\b"
)


class English:
    """English texts whose French differs; `names` are French, whatever they look like."""

    def __init__(self, names: Iterable[str]) -> None:
        pairs = [
            (source, text)
            for one in read(FRENCH)
            if one.id
            for source, text in zip(forms(one.id), forms(one.string), strict=False)
        ]
        french = {text for _, text in pairs} | set(names)  # "Client" is both
        self.texts = {source for source, text in pairs if source != text} - french
        patterns = [
            ".+".join(re.escape(part) for part in PLACEHOLDER.split(source))
            for source, text in pairs
            if _words(source) and _words(source) != _words(text) and PLACEHOLDER.search(source)
        ]
        self.pattern = re.compile("|".join(patterns))

    def among(self, texts: Iterable[str]) -> list[str]:
        """The texts that are English, or hold an amount or a date as English writes it."""
        return sorted(
            text
            for text in texts
            if text in self.texts or self.pattern.fullmatch(text) or FIGURES.search(text)
        )


def _words(text: str) -> list[str]:
    """The words of a text that are not filled in."""
    return WORD.findall(PLACEHOLDER.sub(" ", text))
