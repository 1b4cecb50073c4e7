"""The tree of an account above the list of its subsidiaries: order, reach, circles, what is cut."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from crm.accounts import tree
from crm.accounts.models import Account, AccountKind
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client

pytestmark = pytest.mark.both

AsUser = Callable[[str], Client]


def client(name: str, parent: Account | None = None, **values: Any) -> Account:
    made: Account = make(Account, kind=AccountKind.CLIENT, name=name, parent=parent, **values)
    return made


def names(nodes: list[tree.Node]) -> list[Any]:
    """Each name, followed by a list of those below it."""
    found: list[Any] = []
    for node in nodes:
        found += [node.account.name, names(node.nodes)] if node.nodes else [node.account.name]
    return found


def shown(page: str) -> str:
    """The text of the tree, without that of the list below it."""
    parts = re.findall(
        r'<nav class="c-tree-line".*?</nav>|<ul class="c-tree".*</ul>', page, re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", " ".join(parts)).split())


@pytest.fixture
def group(acting: Acting, cast: Cast) -> dict[str, int]:
    """Marc's: Holding › Group › Zinc, Alu (Claire's) › Mine (Marc's) › Shaft (Claire's)."""
    with acting("marc"):
        marc, claire = person(cast.marc), person(cast.claire)
        holding = client("Holding", owner=marc)
        top = client("Group", holding, owner=claire)
        address = {"street": "1 quai", "postal_code": "69001", "city": "Lyon"}
        alu = client("Alu", top, owner=claire, addresses=[address])
        zinc = client("Zinc", top, owner=claire)
        mine = client("Mine", alu, owner=marc)
        shaft = client("Shaft", mine, owner=claire)
        every = (holding, top, alu, zinc, mine, shaft)
        return {one.name: one.id for one in every}


def tab(user: Client, pk: int) -> Any:
    return user.get(f"/clients/show/{pk}?tab=clients.parent")


def test_the_tab_shows_parents_and_levels(as_user: AsUser, group: dict[str, int]) -> None:
    page = tab(as_user("marc"), group["Group"]).text
    assert shown(page) == (
        "Holding › Group"
        " Alu Client · Lyon · Claire Colin Mine Client · Marc Morel Shaft Client · Claire Colin"
        " Zinc Client · Claire Colin"
    )
    assert page.count(f'href="/clients/show/{group["Shaft"]}"') == 1  # the list has no more of it
    assert "The tree is cut" not in page


def test_who_may_not_read_an_account_sees_nothing_beyond_it(
    as_user: AsUser, group: dict[str, int]
) -> None:
    page = tab(as_user("claire"), group["Group"]).text
    assert shown(page) == "Alu Client · Lyon · Claire Colin Zinc Client · Claire Colin"
    assert all(name not in page for name in ("Holding", "Mine", "Shaft", "The tree is cut"))
    assert shown(tab(as_user("claire"), group["Shaft"]).text) == ""  # Alu is above Mine
    assert tab(as_user("olga"), group["Group"]).status_code == 404


def test_what_is_out_of_reach_does_not_count_as_cut(
    acting: Acting, cast: Cast, monkeypatch: pytest.MonkeyPatch, group: dict[str, int]
) -> None:
    monkeypatch.setattr(tree, "MOST_LEVELS", 1)
    with acting("marc") as session:
        assert tree.subsidiaries(session.get_one(Account, group["Alu"])).is_cut
    with acting("claire") as session:
        found = tree.subsidiaries(session.get_one(Account, group["Alu"]))
        assert (found.nodes, found.is_cut) == ([], False)


def test_a_subsidiary_of_another_company_is_shown_to_its_readers_only(
    acting: Acting, everything: Any, group: dict[str, int]
) -> None:
    with acting("olga"):
        theirs = client("Sevilla").id
    with everything() as session:
        moved = update(Account).where(Account.id == theirs).values(parent_id=group["Zinc"])
        session.execute(moved)
    with acting("marc") as session:
        assert tree.subsidiaries(session.get_one(Account, group["Zinc"])).nodes == []
    with acting("olga") as session:
        assert tree.parents(session.get_one(Account, theirs)).accounts == []


def test_circles_end(acting: Acting, everything: Any, group: dict[str, int]) -> None:
    with everything() as session:
        session.execute(
            update(Account).where(Account.id == group["Holding"]).values(parent_id=group["Shaft"])
        )
    with acting("marc") as session:
        top = session.get_one(Account, group["Group"])
        below, above = tree.subsidiaries(top), tree.parents(top)
        assert names(below.nodes) == ["Alu", ["Mine", ["Shaft", ["Holding"]]], "Zinc"]
        assert [one.name for one in above.accounts] == ["Alu", "Mine", "Shaft", "Holding"]
        assert (below.is_cut, above.is_cut) == (False, False)
        # A circle above, to which the account does not belong.
        zinc = session.get_one(Account, group["Zinc"])
        assert [one.name for one in tree.parents(zinc).accounts] == [
            "Alu", "Mine", "Shaft", "Holding", "Group",
        ]  # fmt: skip


def test_its_own_parent(acting: Acting, everything: Any, group: dict[str, int]) -> None:
    with everything() as session:
        own = update(Account).where(Account.id == group["Zinc"]).values(parent_id=group["Zinc"])
        session.execute(own)
    with acting("marc") as session:
        zinc = session.get_one(Account, group["Zinc"])
        assert (tree.subsidiaries(zinc).nodes, tree.parents(zinc).accounts) == ([], [])


def test_a_deep_tree_is_cut_and_says_so(acting: Acting, as_user: AsUser) -> None:
    with acting("marc"):
        line = [client("L0")]
        for level in range(1, 8):
            line.append(client(f"L{level}", line[-1]))
        pks = [one.id for one in line]
    marc = as_user("marc")
    page = tab(marc, pks[0]).text
    assert re.findall(r"L\d", shown(page)) == ["L1", "L2", "L3", "L4", "L5"]
    assert "The tree is cut: it shows at most 5 levels and 200 subsidiaries." in page
    assert "The tree is cut" not in tab(marc, pks[2]).text
    assert shown(tab(marc, pks[7]).text) == "… › L2 › L3 › L4 › L5 › L6 › L7"
    assert shown(tab(marc, pks[5]).text).startswith("L0 › L1 › L2 › L3 › L4 › L5")


def test_a_wide_tree_is_cut_from_below(acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST_ROWS", 3)
    with acting("marc"):
        top = client("Top")
        first = client("A", top)
        client("B", top)
        client("AA", first)
        whole = tree.subsidiaries(top)
        assert (names(whole.nodes), whole.is_cut) == (["A", ["AA"], "B"], False)
        client("C", top)
        cut = tree.subsidiaries(top)
        assert (names(cut.nodes), cut.is_cut) == (["A", "B", "C"], True)


def test_the_tree_costs_as_many_statements_at_any_size(
    acting: Acting, counting: Any, group: dict[str, int]
) -> None:
    def cost(pk: int) -> int:
        with acting("marc") as session:
            account = session.get_one(Account, pk)
            with counting() as statements:
                tree.parents(account)
                tree.subsidiaries(account)
            return len(statements)

    assert cost(group["Group"]) == 2
    with acting("marc") as session:
        top = session.get_one(Account, group["Group"])
        for number in range(20):
            client(f"S{number}", top)
    assert cost(group["Group"]) == 2


def test_the_tab_keeps_to_the_budget_of_a_record(
    as_user: AsUser, counting: Any, group: dict[str, int]
) -> None:
    marc = as_user("marc")
    tab(marc, group["Group"])
    with counting() as statements:
        assert tab(marc, group["Group"]).status_code == 200
    assert len(statements) <= 14
