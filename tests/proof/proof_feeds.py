"""Series in feeds, read by a calendar library: 200 with random changes, with LONG=1 2,000."""

import pytest
from hypothesis import given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis import strategies as st

from tests.calendar.test_ics_series import check_series
from tests.proof.conftest import LONG, say

EXAMPLES = 2_000 if LONG else 200


@pytest.mark.slow("it reads thousands of calendars")
def test_a_reader_of_the_feed_has_the_events_of_the_rows(seed: str) -> None:
    done = 0

    @hypothesis_seed(int(seed, 16))
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        nonlocal done
        check_series(data)
        done += 1

    check()
    say(f"feeds: {done} series with changes were read as their rows are")
