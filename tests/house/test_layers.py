"""The contracts of pyproject.toml: calls go down, and rules know no request."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_imports_go_down_only() -> None:
    assert lint_imports(no_cache=True, show_timings=False) == EXIT_STATUS_SUCCESS
