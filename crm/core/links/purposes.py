"""What public links may be for: each purpose says what its page shows and what its button does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask.typing import ResponseReturnValue

from crm.core.files.models import StoredFile
from crm.core.links.models import PublicLink

# name in the address → picture of the page
Pictures = Mapping[str, StoredFile]


@dataclass(frozen=True)
class Closed:
    """What is told where a link was revoked or has ended, in the language of who got it."""

    language: str
    title: str
    text: str


@dataclass(frozen=True)
class Purpose:
    """What the links of one purpose open.

    The functions get a valid link, read without the row filter, and return None where what it
    opened is deleted or switched off. A page may have a `language`, in which it is then rendered.
    `act` is what the page's button does, called outside a transaction. A GET changes nothing: mail
    scanners and previews open every link.
    """

    name: str
    template: str
    page: Callable[[PublicLink], Any | None]  # `page` of the template
    pictures: Callable[[PublicLink], Pictures]
    act: Callable[[PublicLink], ResponseReturnValue | None]
    # What else the page links to, by its name in the address.
    file: Callable[[PublicLink, str], ResponseReturnValue | None] = lambda link, name: None
    # Of a link that is no longer valid; without it the answer is that for an unknown token.
    closed: Callable[[PublicLink], Closed | None] = lambda link: None


# Set by the application, which knows every slice.
PURPOSES: list[Purpose] = []
