"""Names of uploaded files, which others see: in pages, mails and on their disks."""

import unicodedata

LONGEST = 150  # characters
# Control characters, line ends, signs that turn the direction of text or cannot be seen.
UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean_name(text: str | None) -> str:
    """A name without folders and without characters that deceive; "" where nothing is left.

    "Rechnung\\u202efdp.exe" reads as "Rechnungexe.pdf": the sign is taken out.
    """
    name = (text or "").replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign for sign in name if unicodedata.category(sign) not in UNWANTED)
    name = " ".join(unicodedata.normalize("NFC", shown).split()).lstrip(". ")
    ending = ending_of(name)
    if len(name) <= LONGEST or len(ending) > 10:
        return name[:LONGEST]
    return f"{name[: LONGEST - len(ending) - 1]}.{ending}"


def ending_of(name: str) -> str:
    """The ending without its dot, in lower case: "pdf"; "" where there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""
