"""Series: 200 made-up rules against an oracle and a calendar library, 30 series that are edited.

With LONG=1 2,000 rules and 200 series.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from tests.calendar.rules import rules, starts
from tests.calendar.test_recurrence import check_dates
from tests.calendar.test_series_edits import work_on_a_series
from tests.fixtures import Acting
from tests.proof.conftest import LONG, say

EXAMPLES, SERIES = (2_000, 200) if LONG else (200, 30)


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


@pytest.mark.slow("it changes series after series")
def test_random_changes_keep_the_invariants(seed: str, acting: Acting) -> None:
    done = 0

    @hypothesis_seed(int(seed, 16))
    @settings(
        max_examples=SERIES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        nonlocal done
        work_on_a_series(acting, data)
        done += 1

    check()
    say(f"series: {done} were changed at random, and kept their invariants")
