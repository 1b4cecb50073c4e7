"""The API against its own description, and a copy kept by it while others write.

Ten requests an operation, made up by schemathesis from the description; with LONG=1 a hundred, on
both databases.
"""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import World, token_header
from tests.population import Planted
from tests.proof.conftest import LONG, say
from tests.proof.served import Caller, Served, serving
from tests.syncing import Copy, changes, differences

SCHEMATHESIS = Path(sys.executable).with_name("st")
# A body that fits the description may still break a rule between fields: 422.
CONFIG = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "405", "409", "422", "429"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "414", "415", "422", "429"]

# It takes the "message" of a refused sign-in for a field of the body.
[phases.fuzzing.error-feedback]
enabled = false
"""


# PostgreSQL minds types where SQLite does not.
@pytest.mark.parametrize(
    "everybodys", ["sqlite", "postgres"] if LONG else ["postgres"], indirect=True
)
def test_the_api_does_what_its_description_says(
    everybodys: tuple[World, dict[str, Planted]], seed: str, long: bool, tmp_path: Path
) -> None:
    world = everybodys[0]
    world.written.add("")  # by another process, which `watch` does not see
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    with serving(world.app) as server:
        command = [
            SCHEMATHESIS, "--config-file", config, "run", server.url("/api/v1/_openapi"),
            "--phases", "fuzzing", "--max-examples", "100" if long else "10",
            "--seed", str(int(seed, 16)), "--no-color", "--warnings", "off",
        ]  # fmt: skip
        for name, value in token_header(world.app, world.cast.people["alice"]).items():
            command += ["--header", f"{name}: {value}"]
        run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    said = [line[:300] for line in run.stdout.splitlines()]
    assert run.returncode == 0, "\n".join([*said[-200:], run.stderr])
    say(f"api: {said[-1]}")


WRITERS = 3


class Remote:
    """Somebody at a server, as `Person` is at an application."""

    def __init__(self, server: Served, user_id: int) -> None:
        self.caller = Caller(server, user_id)

    def ask(self, path: str, method: str = "GET", json: Any = None) -> Any:
        status, answer = self.caller.api(method, path, json)
        assert status < 300, (method, path, answer)
        return answer

    def close(self) -> None:
        self.caller.hang_up()


def test_a_copy_kept_while_others_write_ends_equal(
    everybodys: tuple[World, dict[str, Planted]], long: bool
) -> None:
    """Several transactions at once: one may commit after another that began later."""
    world = everybodys[0]
    world.written.add("")
    alice = world.cast.people["alice"]

    def write(number: int) -> None:
        with closing(Remote(server, alice)) as who:
            for turn in range(20 if long else 1):
                for _ in changes(who, f" {number}-{turn}"):
                    pass

    with (
        serving(world.app) as server,
        closing(Remote(server, alice)) as who,
        ThreadPoolExecutor(WRITERS) as pool,
    ):
        copy = Copy(who.ask, overlap=timedelta(seconds=30))
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        syncs = 0
        while not all(one.done() for one in writers):
            copy.sync()
            syncs += 1
        for one in writers:
            one.result()
        copy.sync()
        assert differences(world, who, copy) == {}
    say(f"api: a copy is right after {syncs} runs during {WRITERS} writers' changes")
