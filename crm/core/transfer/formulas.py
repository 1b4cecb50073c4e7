"""Escaping of texts that a spreadsheet would evaluate as formulas (CSV injection)."""

# Full-width forms too, which spreadsheets in Chinese and Japanese locales accept.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "'"


def escape_formula(text: str) -> str:
    """`text` as a cell that no spreadsheet evaluates.

    >>> escape_formula("=HYPERLINK(A1)")
    "'=HYPERLINK(A1)"
    """
    return MARK + text if text.startswith(FORMULA) else text


def unescape_formula(text: str) -> str:
    """The inverse of `escape_formula`, for the import of an exported file."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(FORMULA) else text
