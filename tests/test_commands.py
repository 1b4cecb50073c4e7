"""`crm` has our commands alone."""

from click.testing import CliRunner

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
