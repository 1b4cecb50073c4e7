"""Documents as PDF: constant templates of typst, filled in with data. Source: stack.md.

What people typed goes in as JSON and stays text, whatever signs it has. A document is PDF/A, so
that it can be read in ten years, and PDF/UA, so that it can be read aloud.
"""

import json
import logging
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final

from crm.assets import file_of

log = logging.getLogger("crm.files")

STANDARDS: Final = ("a-2a", "ua-1")
FONT = "inter-400.ttf"  # beside which its other weight is
# Control characters, halves of surrogates, what is no character, signs that turn text around.
UNWANTED = {"Cc", "Cs", "Co", "Cn"}
TURNING = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
LINE_ENDS = str.maketrans(dict.fromkeys("\v\f\x85\u2028\u2029", "\n") | {"\r": None, "\t": " "})


def typeset(template: Path, data: Mapping[str, Any], made_on: date) -> bytes:
    """The PDF of a template, which finds `data` in `sys.inputs.data`.

    A picture is the list of its bytes. The same data made on the same day are the same bytes. Where
    the fonts lack a sign that somebody typed, the document follows no standard, and the log has it.
    """
    import typst

    facts = {"data": json.dumps(cleaned(data))}
    moment = datetime.combine(made_on, time(), UTC)

    def compiled(standards: list[Any]) -> bytes:
        made: Any = typst.Compiler(  # a new one each time: it keeps what it has read
            template,
            root=template.parent,
            font_paths=[file_of(FONT).parent],
            ignore_system_fonts=True,
            sys_inputs=facts,
        ).compile(format="pdf", timestamp=moment, pdf_standards=standards)
        return bytes(made)

    try:
        return compiled(list(STANDARDS))
    except typst.TypstError as error:
        log.warning("A document is no PDF/A: %s", ascii(str(error)))
        return compiled([])


def cleaned(value: Any) -> Any:
    """Texts without the characters that no font has; lists and mappings of them too."""
    if isinstance(value, str):
        text = value.translate(LINE_ENDS)
        return "".join(sign for sign in text if sign == "\n" or _is_wanted(sign))
    if isinstance(value, Mapping):
        return {name: cleaned(one) for name, one in value.items()}
    if isinstance(value, list | tuple) and not all(isinstance(one, int) for one in value):
        return [cleaned(one) for one in value]
    return value


def _is_wanted(sign: str) -> bool:
    return unicodedata.category(sign) not in UNWANTED and sign not in TURNING
