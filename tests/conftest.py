"""Fixtures of all tests."""

import gc
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest_plugins = ("tests.servers", "tests.fixtures", "tests.browser.chromium")

LONG = 5.0  # seconds of its own processor time that a test may take without saying why


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the rules about the whole, which `make unit` leaves to `make test`."""
    for item in items:
        if item.path.parent == Path(__file__).with_name("house"):
            item.add_marker(pytest.mark.house)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note a test that takes long and does not say why; what it waits for does not count."""
    start = time.process_time()
    try:
        return (yield)
    finally:
        spent = time.process_time() - start
        if spent > LONG and not item.get_closest_marker("slow"):
            item.user_properties.append(("slow", f"{spent:.1f} s"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep modules out of garbage collection, which took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report how many tests ran on PostgreSQL and in a browser, so that skipped ones are seen."""
    for marker in ("postgres", "browser"):
        count = Counter(
            outcome
            for outcome in ("passed", "failed", "skipped")
            for report in terminalreporter.stats.get(outcome, ())
            if marker in getattr(report, "keywords", ())
        )
        ran = count["passed"] + count["failed"]
        terminalreporter.write_line(f"{marker}: {ran} ran, {count['skipped']} skipped")
    for report in terminalreporter.getreports("passed"):
        for name, spent in report.user_properties:
            if name == "slow" and report.when == "call":
                why = "make it quicker, or mark it slow and say why"
                terminalreporter.write_line(f"{report.nodeid} took {spent}: {why}")
