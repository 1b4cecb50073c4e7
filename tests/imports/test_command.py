"""`crm import`: its exit code and its words."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from crm.cli import main
from crm.leads import services
from crm.leads.models import Lead
from crm.leads.services import Conversion
from tests.fixtures import Acting

MAP = (
    'key = "external_ref"\n[columns]\nref = "external_ref"\nname = "organization"\nmail = "email"\n'
)

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, tmp_path: Path) -> Run:
    """`run(file, map, …)`: the command on these two texts."""

    def command(file: str, mapping: str, *more: str, entity: str = "leads") -> Result:
        (tmp_path / "file.csv").write_text(file, encoding="utf-8")
        (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
        paths = (str(tmp_path / "file.csv"), "--map", str(tmp_path / "map.toml"))
        info = ScriptInfo(create_app=lambda: app)
        words = ("import", entity, *paths, *(more or ("--company", "ACME-FR", "--as", "alice")))
        return CliRunner().invoke(main, words, obj=info)

    return command


def test_all_is_well(run: Run) -> None:
    result = run("ref,name,mail,more\n1,Élan,,\n", MAP)
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            "Columns missing from the map: more.",
            "Import 1. To undo it: “crm import-undo 1 --as USER”.",
            "1 record created.",
        ],
    )


def test_a_wrong_line_fails_the_command(run: Run) -> None:
    result = run("ref,name,mail\n1,Élan,x\n", MAP)
    assert result.exit_code == 1
    assert "Line 2: E-mail [mail]: " in result.output
    assert "Nothing was imported: 1 line contains an error." in result.output


def test_bad_lines_can_be_left_out(run: Run) -> None:
    more = ("--company", "acme france", "--as", "alice", "--skip-bad")
    result = run("ref,name,mail\n1,Élan,x\n2,Faro,\n", MAP, *more)
    assert result.exit_code == 0
    assert result.output.splitlines()[-2:] == ["1 record created.", "1 line skipped."]


@pytest.mark.parametrize(
    ("mapping", "more", "why"),
    [
        (MAP, ("--company", "ACME-FR", "--as", "nobody"), "no active user “nobody”"),
        (MAP, ("--company", "NO", "--as", "alice"), "The company “NO” does not exist"),
        (MAP, ("--as", "alice"), "Choose a company."),
        (MAP, ("--as", "alice", "--company", "NO", "--company", "ACME-FR"), "one company"),
        (MAP.replace('"email"', '"emial"'), (), "columns.mail: “emial” is unknown; did you mean"),
        (MAP.replace("mail =", "post ="), (), "no column “post”"),
        ("[columns", (), "not valid TOML"),
    ],
)
def test_what_cannot_begin_says_why(
    run: Run, mapping: str, more: tuple[str, ...], why: str
) -> None:
    result = run("ref,name,mail\n1,Élan,\n", mapping, *more)
    assert result.exit_code == 1
    assert why in result.output
    assert "Traceback" not in result.output


def test_an_entity_that_is_none(run: Run) -> None:
    result = run("ref,name,mail\n", MAP, entity="leeds")
    assert (result.exit_code, "The entity “leeds” does not exist" in result.output) == (1, True)


def test_a_file_that_is_not_there(app: Flask) -> None:
    words = ("import", "leads", "no.csv", "--map", "no.toml", "--as", "alice")
    result = CliRunner().invoke(main, words, obj=ScriptInfo(create_app=lambda: app))
    assert result.exit_code == 2
    assert "does not exist" in result.output


@pytest.mark.accept("A-32")
def test_a_converted_lead_is_not_changed(run: Run, acting: Acting) -> None:
    assert run("ref,name,mail\n1,Élan,\n", MAP).exit_code == 0
    with acting("alice") as session:
        services.convert(session.scalars(select(Lead)).one(), Conversion(new_account={}))
    updating = MAP.replace('"external_ref"\n[', '{ field = "external_ref", found = "update" }\n[')
    changed = run("ref,name,mail\n1,Élan,new@elan.example\n", updating)
    assert changed.exit_code == 1
    assert "This lead is converted and can no longer be changed." in changed.output
    status = MAP + 'state = "status"\n'
    made = run("ref,name,mail,state\n2,Faro,,Converted\n", status)
    assert "Only the conversion of a lead sets this status." in made.output
