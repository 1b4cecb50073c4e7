"""The logic of the scripts that needs no browser, tested by Node's own runner."""

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("script", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_the_logic_of_the_scripts(script: Path) -> None:
    done = subprocess.run(["node", "--test", script], capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == 0, done.stdout + done.stderr
