"""The dates of series against an oracle and a calendar library: 200 rules, with LONG=1 2,000."""

import pytest
from hypothesis import given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from tests.calendar.rules import rules, starts
from tests.calendar.test_recurrence import check_dates
from tests.proof.conftest import LONG, say

EXAMPLES = 2_000 if LONG else 200


@pytest.mark.slow("it reads thousands of calendars")
def test_the_dates_of_series_are_those_of_the_oracle(seed: str) -> None:
    done = 0

    @hypothesis_seed(int(seed, 16))
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        nonlocal done
        start, zone = data.draw(starts())
        check_dates(data.draw(rules(start.astimezone(zone).date())), start, zone)
        done += 1

    check()
    say(f"series: {done} rules gave the same dates as the oracle and a calendar library")
