"""`crm doctor` reports what is wrong and how to fix it, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, text, update

from crm import doctor
from crm.cli import doctor as command
from crm.companies.models import Company
from crm.core import config
from crm.core.config import ConfigError, read_config
from crm.core.db import db
from crm.core.journal import Journal
from crm.core.types import utcnow
from crm.doctor import database, machine, server
from tests.fixtures import make_app


def told(app):
    with app.app_context():
        return list(doctor.examine())


def wrong(app):
    return [finding.sentence for finding in told(app) if finding.is_wrong]


def test_a_sound_set_up_has_nothing_wrong(app):
    assert wrong(app) == []


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("3.44.5", False), ("3.44.6", True), ("3.45.0", False), ("3.50.6", False), ("3.50.7", True),
        ("3.51.0", False), ("3.51.2", False), ("3.51.3", True), ("3.53.4", True), ("4.0", True),
    ],
)  # fmt: skip
def test_the_versions_with_the_race(version, safe):
    assert database.is_safe(version) is safe


def test_a_version_with_the_race_is_wrong(app, monkeypatch):
    monkeypatch.setattr(database, "_version", lambda config: "3.51.1")
    assert any("3.51.1 can lose committed rows" in sentence for sentence in wrong(app))


def test_an_empty_database_and_one_of_another_version(app, tmp_path):
    empty = make_app(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path)
    assert wrong(empty) == ["The database is empty: run `crm init`."]
    with app.app_context():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'of_tomorrow'"))
        db.session.commit()
    assert any("of a newer version" in sentence for sentence in wrong(app))


def test_a_database_that_does_not_answer(tmp_path):
    gone = make_app(f"sqlite:///{tmp_path / 'nowhere' / 'crm.sqlite'}", tmp_path)
    assert any("The database does not answer" in sentence for sentence in wrong(gone))


def test_nobody_to_administer_and_no_company(app, everything):
    with everything() as session:
        session.execute(update(User).values(active=False))
        session.execute(update(Company).values(active=False))
    assert [sentence.partition(":")[0] for sentence in wrong(app)] == [
        "Nobody can administer",
        "There is no company in use, so no record can be entered",
    ]


def test_a_clock_that_was_set_back(app, everything):
    with everything() as session:
        session.execute(delete(Journal))
        session.add(
            Journal(kind="lead", row_id=1, action="changed", changes={}, at=utcnow() + timedelta(1))
        )
    assert any("set the clock" in sentence for sentence in wrong(app))


def test_a_zone_that_nobody_knows(app, everything):
    with everything() as session:
        session.execute(update(Company).values(time_zone="Europe/Atlantis"))
    assert any("Europe/Atlantis" in sentence for sentence in wrong(app))


def test_secret_files_front_end_and_catalogs(app, tmp_path, monkeypatch):
    config = app.extensions["crm.config"]
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setattr(machine, "STATIC", tmp_path)
    monkeypatch.setattr(machine, "is_compiled", lambda code: code != "fr")
    bad = replace(config, secret_key="short", files=str(blocked / "files"))
    found = [
        finding
        for look in (machine.secret, machine.files, machine.front_end, machine.catalogs)
        for finding in look(bad)
    ]
    assert all(finding.is_wrong for finding in found)
    assert [str(finding)[:16] for finding in found] == [
        "wrong  SECRET_KE", "wrong  Files can", "wrong  The front", "wrong  Translati",
    ]  # fmt: skip


def test_a_secret_that_others_read(app, tmp_path):
    kept = tmp_path / "secret_key"
    kept.write_text("k" * 40)
    kept.chmod(0o644)
    config = replace(app.extensions["crm.config"], instance=tmp_path)
    assert [finding.is_wrong for finding in machine.secret(config)] == [True]


def test_the_command_exits_1_where_something_is_wrong(app, everything):
    runner = app.test_cli_runner()
    assert runner.invoke(command).exit_code == 0
    with everything() as session:
        session.execute(update(Company).values(active=False))
    answer = runner.invoke(command)
    assert answer.exit_code == 1
    assert "wrong  There is no company in use" in answer.output


def test_more_processes_than_the_machine_can_run(app, monkeypatch):
    monkeypatch.setattr(server, "cores", lambda: 2)
    (finding,) = server.processes(replace(app.extensions["crm.config"], workers=9))
    assert finding.is_wrong
    assert "9, but this machine has 2 cores: set at most 8" in finding.sentence


def test_counters_that_cannot_be_kept(app, tmp_path):
    config = replace(app.extensions["crm.config"], instance=tmp_path / "nowhere")
    (finding,) = server.counters(config)
    assert finding.is_wrong
    assert "cannot be used" in finding.sentence
    (finding,) = server.counters(replace(config, redis_url="redis://127.0.0.1:1/0"))
    assert finding.is_wrong
    assert "check REDIS_URL" in finding.sentence


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("WORKERS", "0", "between 1 and 64"),
        ("WORKERS", "many", "whole number"),
        ("REDIS_URL", "http://cache", "must begin with redis://"),
    ],
)
def test_a_variable_of_the_server_that_makes_no_sense(name, text, words, tmp_path):
    with pytest.raises(ConfigError, match=words):
        read_config({"INSTANCE": str(tmp_path), name: text})


def test_there_are_two_processes_for_each_core_and_at_most_four(monkeypatch, tmp_path):
    for number, workers in ((1, 2), (2, 4), (16, 4)):
        monkeypatch.setattr(config, "cores", lambda number=number: number)
        assert read_config({"INSTANCE": str(tmp_path)}).workers == workers
