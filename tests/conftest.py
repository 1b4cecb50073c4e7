"""What every test can ask for."""

import gc
from collections import Counter

import pytest

pytest_plugins = ("tests.servers", "tests.fixtures", "tests.browser.chromium")


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Spare the collector what a file leaves behind.

    Applications, compiled statements and reports stay to the end: walking through all of them
    again and again would take longer than the tests.
    """
    if nextitem is None or nextitem.path != item.path:
        gc.collect()
        gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests met a real PostgreSQL and a real browser, lest they be skipped unseen."""
    for marker in ("postgres", "browser"):
        count = Counter(
            outcome
            for outcome in ("passed", "failed", "skipped")
            for report in terminalreporter.stats.get(outcome, ())
            if marker in getattr(report, "keywords", ())
        )
        ran = count["passed"] + count["failed"]
        terminalreporter.write_line(f"{marker}: {ran} ran, {count['skipped']} skipped")
