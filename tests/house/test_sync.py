"""A client that syncs as the API description says has all rows it may read."""

from datetime import timedelta
from typing import Any

import pytest

from tests.fixtures import World
from tests.syncing import Copy, Person, changes, differences


@pytest.mark.slow("copies the whole database over the API")
def test_a_copy_ends_equal_to_the_database_though_rows_change_meanwhile(planted: World) -> None:
    alice = Person(planted, "alice")
    changing = changes(alice)

    def ask(path: str) -> Any:
        answer = alice.ask(path)
        next(changing, None)
        return answer

    copy = Copy(ask, overlap=timedelta(0), page_size=10)
    copy.sync()
    assert next(changing, "all made") == "all made"
    told = copy.told
    copy.sync()
    assert copy.told < told * 1.5, "not everything over again"
    assert differences(planted, alice, copy) == {}
