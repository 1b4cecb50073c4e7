"""Which columns a list leaves out where it is narrow: the least important ones first.

Each column is given a class `fit-N`, by which the stylesheet hides it in a container of less than
N pixels; the widths are those of list.css; organizations share what is left with the name.
"""

from collections.abc import Container, Sequence

from crm.core.views.pages import Column

WIDTHS = {
    "w-org": 184, "w-phone": 124, "w-mail": 232, "w-date": 130, "w-who": 142, "w-ref": 88,
    "w-co": 132, "w-purge": 176, "w-agency": 88, "w-status": 196, "w-score": 78, "w-next": 156,
    "w-amount": 128, "w-percent": 116, "w-close": 172, "w-kind": 172, "w-flag": 96,
    "w-state": 108,
}  # fmt: skip
OTHER = 140  # of a column that takes a share of what is left
NAME = 176 + 20  # the name at its narrowest, and the place of the menu
LEVELS = ("from-l", "from-xl", "from-xxl")  # what a column says of its importance
STEP, LEAST, MOST = 32, 512, 2048  # of the classes in fit.css


def fit(columns: Sequence[Column], first: Container[str], beside: int = 0) -> None:
    """Give each column but the name its class; those of `first` stay longest.

    `beside` is the width in pixels of what stands beside the columns.
    """

    def importance(column: Column) -> tuple[bool, int]:
        levels = (number for number, level in enumerate(LEVELS, 1) if level in column.css)
        return column.name not in first, next(levels, 0)

    width = NAME + beside
    for column in sorted(columns[1:], key=importance):
        classes = [one for one in column.css.split() if one not in LEVELS]
        width += next((WIDTHS[one] for one in classes if one in WIDTHS), OTHER)
        least = min(max(-(-width // STEP) * STEP, LEAST), MOST)
        column.css = " ".join([*classes, f"fit-{least}"])
