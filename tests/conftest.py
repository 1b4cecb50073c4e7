"""What every test can ask for."""

import gc
from collections import Counter

import pytest

pytest_plugins = ("tests.servers", "tests.fixtures", "tests.browser.chromium")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the collector the modules, which never go away: it costs a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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
