"""The largest groups and the others put together, compared with all groups put together here."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import case

from crm.core.datamodel.grouping import Group, Grouped, Measure, read_groups
from crm.core.datamodel.largest import Largest
from crm.opportunities.models import Opportunity
from tests.fixtures import Acting, Cast
from tests.reporting.boards_world import plant

pytestmark = pytest.mark.both
MOST = 2
GROUPS = [Group("stage"), Group("agency")]


@pytest.mark.parametrize("by_part", [False, True])
@pytest.mark.parametrize("how", ["", "sum", "average"])
def test_the_largest_stay_and_the_others_are_put_together(
    acting: Acting, cast: Cast, everything: Any, how: str, by_part: bool
) -> None:
    plant(acting, cast, everything)
    measures = [Measure(how, "amount")] if how else []
    groups: list[Any] = [*GROUPS, case((Opportunity.id % 3 == 0, 1), else_=0)]
    groups = groups if by_part else groups[:2]
    with acting("marc"):
        every = read_groups(Opportunity, [], groups, measures)
        found = read_groups(Opportunity, [], groups, measures, Largest(MOST, how, by_part))
    largest = _largest(every, how, by_part)
    expected: dict[Any, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for one in every:
        stage = one.keys[0] if one.keys[0] in largest[one.currency] else "others"
        cell = expected[one.currency, stage, *one.keys[1:]]
        cell[0] += one.count
        cell[1] += sum((each.total for each in one.sums), Decimal(0))
    assert any(key[1] == "others" for key in expected)
    told = {
        (one.currency, "others" if one.together else one.keys[0], *one.keys[1:]): [
            one.count, sum((each.total for each in one.sums), Decimal(0)),
        ]
        for one in found
    }  # fmt: skip
    assert told == expected
    stages = {(one.currency, one.keys[0]) for one in every}
    for one in found:
        number = sum(currency == one.currency for currency, _stage in stages)
        assert one.together in (0, number - MOST)


def _largest(every: list[Grouped], how: str, by_part: bool) -> dict[Any, list[Any]]:
    """The largest stages of each currency; the first part says which they are."""
    sizes: dict[Any, dict[Any, list[Any]]] = defaultdict(dict)
    for one in every:
        size = sizes[one.currency].setdefault(one.keys[0], [0, Decimal(0), 0])
        if not by_part or one.keys[-1] == 0:
            size[0] += one.count
            size[1] += sum((each.total for each in one.sums), Decimal(0))
            size[2] += sum(each.number for each in one.sums)

    def value(size: list[Any]) -> Any:
        if how == "average":
            return size[1] / size[2] if size[2] else 0
        return size[1] if how else size[0]

    return {
        currency: sorted(found, key=lambda pk: (-value(found[pk]), pk))[:MOST]
        for currency, found in sizes.items()
    }
