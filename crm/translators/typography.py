"""Typography of languages: rules as a table for each."""

import re

from babel import Locale

NBSP = "\u00a0"
NARROW = "\u202f"

PERCENT_STYLE = re.compile(
    r"%\(\w+\)[-+0 #]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]|%[-+0#]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa](?!\w)"
)
BRACES = re.compile(r"\{\w*(?:![rsa])?(?::[^{}]*)?\}")
_MARKUP = re.compile(r"<[^<>]+>|&\w+;")
# JSON and HTTP headers are typed as they stand here, so they keep their own quotes and colons.
_LITERAL = re.compile(r'\{".*?\}|\b[A-Z]\w+(?:-[A-Z]\w+)*: (?:Bearer|application/\w+)')

_Table = list[tuple[re.Pattern[str], str]]

_ALL: _Table = [
    (re.compile(r"\.\.\."), "… not ..."),
    (re.compile("'"), "’ not '"),
    (re.compile(r"\(s\)"), "plural forms, not (s)"),
]

# Source: the interface guide, section 6.
_TABLES: dict[str, _Table] = {
    "en": [
        # A sentence that quotes a line of TOML keeps that line's own quotes.
        (re.compile(r'^(?!.* = ").*"', re.DOTALL), '“quotes” not "'),
        (re.compile(r"are you sure", re.IGNORECASE), "say what will happen, not “are you sure”"),
    ],
    "fr": [
        (re.compile(rf"(?<!{NBSP}):(?=\s|$)"), "U+00A0 before :"),
        (re.compile(rf"(?<!{NBSP})»"), "U+00A0 before »"),
        (re.compile(rf"«(?!{NBSP})"), "U+00A0 after «"),
        (re.compile(rf"(?:\d|(?!{NBSP})\s)%"), "U+00A0 before %"),
        (re.compile(rf"(?:\d|(?!{NBSP})\s)€"), "U+00A0 before €"),
        (re.compile(rf"(?<![{NARROW};!?])[;!?](?=[\s»)…;!?]|$)"), "U+202F before ; ! ?"),
        (re.compile('["“”]'), "« guillemets »"),
        (re.compile(r"\bveuillez\b", re.IGNORECASE), "the imperative alone, without “veuillez”"),
        (re.compile(r"êtes-vous sûr", re.IGNORECASE), "say what will happen, not “êtes-vous sûr”"),
    ],
}


def faults(text: str, language: str) -> list[str]:
    """The violations of the language's typography in a text, each as what is expected."""
    table = _ALL + _TABLES.get(Locale.parse(language).language, [])
    plain = _plain(text)
    return [words for pattern, words in table if pattern.search(plain)]


def typeset(text: str) -> str:
    """English with typographic apostrophes and ellipses; quotation marks are left as they are."""
    return re.sub(r"(?<=\w)'(?=\w)", "’", text).replace("...", "…")


def _plain(text: str) -> str:
    """The text with placeholders replaced by numbers, without markup and code."""
    for pattern, words in ((_LITERAL, ""), (_MARKUP, ""), (PERCENT_STYLE, "0"), (BRACES, "0")):
        text = pattern.sub(words, text)
    return text.replace("%%", "%")
