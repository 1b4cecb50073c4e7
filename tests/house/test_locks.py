"""The locks work with any package index, and agree with each other."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ("requirements.lock", "tests/requirements.lock")
NPM = ("crm/assets/package-lock.json", "tests/browser/package-lock.json")


@pytest.mark.parametrize("lock", [*PYTHON, *NPM])
def test_a_lock_holds_no_address(lock: str) -> None:
    assert "http" not in (ROOT / lock).read_text().lower()


@pytest.mark.parametrize("lock", PYTHON)
def test_every_package_has_a_hash(lock: str) -> None:
    for name, entry in entries(lock).items():
        assert "--hash=sha256:" in entry, name


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    shipped, tests = (entries(lock) for lock in PYTHON)
    for name in shipped.keys() & tests.keys():
        assert versions(shipped[name]) >= versions(tests[name]), name


def test_every_dependency_is_locked() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["build"]]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}
    assert names <= entries("requirements.lock").keys()


def entries(lock: str) -> dict[str, str]:
    """Name of a package → its lines; a package may have a line for each of several Pythons."""
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=[a-z])", (ROOT / lock).read_text()):
        name = re.match(r"[\w.-]+(?===)", entry)
        if name:
            found[name[0]] = found.get(name[0], "") + entry
    return found


def versions(entry: str) -> set[str]:
    return set(re.findall(r"==([\w.]+)", entry))
