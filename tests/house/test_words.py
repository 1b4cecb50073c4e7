"""The words on screen: phrases that were replaced do not come back, and one thing has one text."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from crm.translators.catalogs import forms, read
from crm.translators.project import PROJECT

# Replaced phrases of each language, as patterns.
REPLACED = {
    "en": (
        r"\bHabits\b", r"Place and rights", r"\bof yours\b", r"taken charge of", r"\bOff, ",
        r"given again", r"stays? (a client|in its)|administrator stays|must stay", r"^Empty: ",
        r"^Of an? \w+\.$", r"This is not a (date|time)", r"(is|are) expected", r"half saved",
        r"does not cross", r"meanwhile", r"work that way", r"(stand|be) above", r"\bdoubles\b",
        r"\bpresent (password|file|one)", r"(planned|open) already", r"is (no longer )?in use\.",
        r"[Yy]ou may (not|only)", r"\b([Cc]olors?|[Gg]ray|[Oo]rganizations?|[Cc]anceled)\b",
    ),
    "fr": (
        r"Habitudes", r"Place et droits", r"^Pour une? (appel|tâche)\.", r"ce qui est au-dessus",
        r"Restauration faite", r"Mise en corbeille", r"reste (dans sa|client)", r"actif reste",
        r"\ben usage\b", r"\bcloses?\b|\bclosent\b", r"par vous\b", r"à moitié",
        r"(Pistes|Prospects|Opportunités) fermée?s", r"Cette fiche est de\b", r"est à un collègue",
        r"\bcroisent?\b", r"ne vaut plus", r"finir avant", r"^Ce n’est pas une (date|heure)",
        r"(est|sont) fausses?\b", r"fait des doublons", r"\bDites\b", r"0 enregistrements?\b",
        r"fichiers sont gardés", r"«\u00a0en\u00a0»", r"(Authorization|Content-Type)\u00a0:",
        r"^Vide\u00a0:", r"\battendue?s?\b", r"(JSON|TOML|jeton) valable",
    ),
}  # fmt: skip


def ours() -> Iterator[Message]:
    """The French catalog's messages of our own code and templates."""
    for message in read(PROJECT.catalog("fr")):
        if message.id and any(
            file.startswith(("crm/", "templates/")) for file, _ in message.locations
        ):
            yield message


def shown(language: str) -> Iterator[str]:
    """The texts of a language, a placeholder being 0."""
    for message in read(PROJECT.catalog(language)):
        texts = forms(message.string) if any(forms(message.string)) else forms(message.id)
        for text in texts:
            yield re.sub(r"%\(\w+\)[sd]", "0", text)


@pytest.mark.parametrize("language", REPLACED)
def test_replaced_phrases_do_not_come_back(language: str) -> None:
    pattern = re.compile("|".join(REPLACED[language]))
    assert [text for text in shown(language) if pattern.search(text)] == []


def test_two_texts_differ_by_more_than_capitals_and_a_full_stop() -> None:
    """Words alone may: `Move` is a button, `move` stands in a list of keys."""
    found = defaultdict(set)
    for message in ours():
        for text in forms(message.id):
            if " " in text:
                found[message.context, text.casefold().rstrip(" .:")].add(text)
    assert [texts for texts in found.values() if len(texts) > 1] == []


def test_two_english_texts_for_one_french_text_are_terms() -> None:
    """Otherwise they say the same in two ways: `Like the system`, `As the system`."""
    with (PROJECT.folder / "terms.csv").open(encoding="utf-8", newline="") as file:
        terms = {line["english"].casefold() for line in csv.DictReader(file)}
    found = defaultdict(set)
    for message in ours():
        text = forms(message.string)[0].casefold().rstrip(" .")
        found[text] |= {forms(message.id)[0].casefold()} - terms
    assert [texts for texts in found.values() if len(texts) > 1] == []
