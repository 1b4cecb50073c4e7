"""/health and `crm doctor` say whether mails leave; the pages work whatever they say."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from crm.core import jobs
from crm.core.config import ConfigError, read_config
from crm.core.mail_url import parse_mail_url
from crm.core.types import utcnow
from crm.doctor import mail as doctor
from crm.doctor import worker
from crm.mail import services
from tests.fixtures import Acting, Cast, Client
from tests.mail.postbox import open_postbox
from tests.mail.test_services import mail


def test_health_names_the_worker_and_the_oldest_message_and_stays_well(
    app: Flask, client: Client, acting: Acting, cast: Cast
) -> None:
    told = client.get("/health")
    assert (told.status_code, told.json["worker"], told.json["mail"]) == (200, "late", "off")
    with app.app_context():
        jobs.beat()
    assert client.get("/health").json["worker"] == "ok"
    config = app.extensions["crm.config"]
    app.extensions["crm.config"] = replace(config, mail=parse_mail_url("smtp://127.0.0.1:1"))
    try:
        assert client.get("/health").json["mail"] == "ok"
        due = utcnow() - timedelta(minutes=6)
        with acting("claire"):
            services.queue(mail(cast, due_at=due))
        told = client.get("/health")
        assert (told.status_code, told.json["mail"]) == (200, "late")
        assert told.json["oldest_due_at"] == due.isoformat(timespec="seconds")
    finally:
        app.extensions["crm.config"] = config


def test_the_doctor_asks_the_mail_server_and_sends_a_test(app: Flask) -> None:
    config = app.extensions["crm.config"]
    with app.app_context(), open_postbox() as box:
        server = parse_mail_url(f"smtp://127.0.0.1:{box.port}/?from=crm@acme.example")
        found = list(doctor.check(replace(config, mail=server), "me@acme.example"))
        assert [one.is_wrong for one in found] == [False, False]
        assert [one["To"] for one in box.mails] == ["me@acme.example"]
        away = replace(server, port=1)
        (refused,) = doctor.check(replace(config, mail=away), None)
        assert refused.is_wrong
        (none,) = doctor.check(config, "me@acme.example")
        assert none.is_wrong
        assert "MAIL_URL" in none.sentence


def test_the_doctor_says_whether_a_worker_runs_and_since_when_e_mails_wait(
    app: Flask, acting: Acting, cast: Cast
) -> None:
    config = replace(app.extensions["crm.config"], mail=parse_mail_url("smtp://127.0.0.1:1"))

    def told() -> list[tuple[bool, str]]:
        with app.app_context():
            return [(one.is_wrong, one.sentence.partition(":")[0]) for one in worker.check(config)]

    assert told() == [(False, "No worker has run yet")]
    with app.app_context():
        jobs.beat()
    assert told() == [(False, "A worker runs")]
    with acting("claire") as session:
        services.queue(mail(cast, due_at=utcnow() - timedelta(minutes=12, seconds=30)))
        row = session.get_one(jobs.JobRow, jobs.HEARTBEAT)
        row.done_at = utcnow() - timedelta(hours=3)
        session.add(jobs.JobRow(name="bin", error="OSError: the disk is full"))
    assert told() == [
        (True, "No worker has been seen for 3 hours"),
        (True, "The oldest e-mail has been due for 12 minutes"),
        (True, "The regular work “bin” failed and is tried again"),
    ]


def test_a_certificate_that_nobody_vouches_for_is_refused(app: Flask) -> None:
    """A server that cannot prove who it is gets no mail and no password."""
    config = app.extensions["crm.config"]
    with app.app_context(), open_postbox() as box:
        for url in (
            f"smtp://a:b@127.0.0.1:{box.port}/?tls=starttls",
            f"smtps://127.0.0.1:{box.port}",
        ):
            (found,) = doctor.check(replace(config, mail=parse_mail_url(url)), None)
            assert found.is_wrong
        assert box.mails == []


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "sender"),
    [
        ("smtp://a%40b.example:p@mail.example", "mail.example", 587, "starttls", "a@b.example"),
        ("smtps://mail.example", "mail.example", 465, "tls", ""),
        ("smtp://localhost:25/?from=x@y.example", "localhost", 25, "off", "x@y.example"),
        ("smtp://mail.example:2525/?tls=off", "mail.example", 2525, "off", ""),
    ],
)
def test_what_mail_url_means(url: str, host: str, port: int, tls: str, sender: str) -> None:
    found = parse_mail_url(url)
    assert (found.host, found.port, found.tls, found.sender) == (host, port, tls, sender)
    assert "p@" not in str(found)


@pytest.mark.parametrize(
    "given",
    [
        {"MAIL_URL": "http://mail.example"}, {"MAIL_URL": "smtp://"},
        {"MAIL_URL": "smtp://mail.example:99999"}, {"MAIL_URL": "smtp://mail.example/?tls=maybe"},
        {"WORKER": "yes"},
    ],
)  # fmt: skip
def test_a_variable_that_makes_no_sense_is_named(given: dict[str, str], tmp_path: object) -> None:
    with pytest.raises(ConfigError, match=next(iter(given))):
        read_config({"INSTANCE": str(tmp_path), **given})
