"""What a spreadsheet would take for a formula: defused on the way out, restored on the way in."""

# The full-width forms too: a spreadsheet in a Chinese or Japanese locale reads them as the others.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "'"


def escape_formula(text: str) -> str:
    """`text` as a cell that no spreadsheet computes.

    >>> defused("=HYPERLINK(A1)")
    "'=HYPERLINK(A1)"
    """
    return MARK + text if text.startswith(FORMULA) else text


def unescape_formula(text: str) -> str:
    """What `escape_formula` was given: a file of ours comes back as it left."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(FORMULA) else text
