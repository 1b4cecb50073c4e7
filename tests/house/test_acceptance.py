"""Which acceptance checks a test proves."""

import re
from pathlib import Path

import pytest

LIST = Path(__file__).parents[3] / "shared" / "spec" / "acceptance.md"
TESTS = Path(__file__).parents[1]
# What is not built yet; a number leaves this list with the test that bears it.
TO_COME = {
    "boards": (39, 40),
}


def borne() -> set[str]:
    """The numbers that tests bear."""
    files = [f.read_text() for f in TESTS.rglob("test_*.py") if "node_modules" not in f.parts]
    return {number for file in files for number in re.findall(r'accept\("(A-\d+)"\)', file)}


def to_come() -> set[str]:
    return {f"A-{number:02}" for many in TO_COME.values() for number in many}


def test_what_is_to_come_has_no_test_yet() -> None:
    assert not borne() & to_come()


def test_every_check_of_what_is_built_has_its_test() -> None:
    if not LIST.exists():
        pytest.skip("the list of checks is not beside this project")
    known = set(re.findall(r"^- \*\*(A-\d+)\*\*", LIST.read_text(), re.MULTILINE))
    assert borne() <= known
    assert known - borne() == to_come()
