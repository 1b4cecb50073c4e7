"""The `crm` commands: ours alone, and what several of them do in one go."""

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from crm.cli import main

OURS = {"demo", "doctor", "import", "init", "serve", "translations", "user"}


def test_crm_has_no_command_that_passes_by_our_rules() -> None:
    runner = CliRunner()
    told = runner.invoke(main, ["--help"]).output
    names = {line.split()[0] for line in told.partition("Commands:")[2].splitlines() if line}
    assert names >= OURS
    assert not names & {"fab", "db", "limiter", "run", "shell", "routes"}
    for name in ("fab", "db", "limiter"):
        refused = runner.invoke(main, [name, "--help"])
        assert refused.exit_code == 2
        assert f"No such command '{name}'" in refused.output


@pytest.mark.parametrize(
    ("options", "done"),
    [
        ([], ["serve"]),
        (["--init"], ["init", "serve"]),
        (["--demo"], ["init", "demo", "serve"]),
    ],
)
def test_a_server_can_prepare_its_database_first(
    app: Flask, monkeypatch: pytest.MonkeyPatch, options: list[str], done: list[str]
) -> None:
    found: list[str] = []
    monkeypatch.setattr("crm.init.init", lambda: found.append("init") or "password")
    monkeypatch.setattr("crm.demo.make", lambda: found.append("demo") or "Done.")
    monkeypatch.setattr("crm.server.serve", lambda *_how: found.append("serve"))
    told = CliRunner().invoke(main, ["serve", *options], obj=ScriptInfo(create_app=lambda: app))
    assert (told.exit_code, found) == (0, done)
