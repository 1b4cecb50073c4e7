"""The contracts of pyproject.toml: calls go down, and rules know no request."""

import logging
from collections.abc import Iterator

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


@pytest.fixture
def loggers() -> Iterator[None]:
    """The loggers as they were: import-linter's own settings disable all others."""
    found = [one for one in logging.root.manager.loggerDict.values() if hasattr(one, "disabled")]
    before = [(one, one.disabled) for one in found]
    yield
    for logger, disabled in before:
        logger.disabled = disabled


@pytest.mark.usefixtures("loggers")
def test_imports_go_down_only() -> None:
    assert lint_imports(no_cache=True, show_timings=False) == EXIT_STATUS_SUCCESS
