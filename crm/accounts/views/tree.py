"""The tree of an account above the list of its subsidiaries, in their tab. Source: spec 5.3."""

from collections.abc import Callable
from dataclasses import dataclass

from crm.accounts import tree
from crm.accounts.models import Account
from crm.core.views.display import display_field


@dataclass
class Tree:
    """What templates/accounts/tree.html places; `url` is that of an account's page, if any."""

    account: Account
    parents: tree.Above
    subsidiaries: tree.Below
    url: Callable[[Account], str | None]
    levels: int = tree.MOST_LEVELS
    rows: int = tree.MOST_ROWS

    def details(self, account: Account) -> str:
        """Kind, city and owner."""
        texts = (display_field(account, name).text for name in ("kind", "city", "owner"))
        return " · ".join(text for text in texts if text)


def tree_of(account: Account, url: Callable[[Account], str | None]) -> Tree:
    return Tree(account, tree.parents(account), tree.subsidiaries(account), url)
