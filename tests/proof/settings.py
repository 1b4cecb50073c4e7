"""Language, theme and width, pairwise."""

from dataclasses import dataclass
from typing import Any

HEIGHTS = {1440: 900, 1024: 768, 375: 812}


@dataclass(frozen=True)
class Setting:
    """How somebody looks at a page."""

    language: str
    theme: str
    width: int

    @property
    def window(self) -> Any:
        return window(self.width)


def window(width: int) -> Any:
    return {"width": width, "height": HEIGHTS[width]}


# Each two of the values meet; so do they among every second one, in which all widths stand.
PAIRWISE = [
    Setting("fr", "light", 1440),
    Setting("en", "dark", 1440),
    Setting("en", "light", 1024),
    Setting("fr", "dark", 1024),
    Setting("en", "dark", 375),
    Setting("fr", "light", 375),
]
