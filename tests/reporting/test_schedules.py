"""Reports by e-mail: what is sent to whom and when, under the rights of each reader."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from flask_appbuilder.security.sqla.models import Group, Role
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, undefer

from crm.companies.models import User
from crm.core import jobs
from crm.core.saved import services as saved
from crm.core.saved.models import SavedKind, SavedView, saved_view_group
from crm.core.saved.services import Given
from crm.leads.models import Lead
from crm.mail.models import Message, MessageKind, MessageState
from crm.opportunities.models import Opportunity
from crm.reporting.schedules import making, sending, services
from crm.reporting.schedules.models import Outcome, ReportRecipient, ReportSchedule
from crm.reporting.schedules.rhythm import LAST, Every, Rhythm
from crm.reporting.schedules.services import ScheduleInput
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client
from tests.reporting.boards_world import plant

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]
DAILY = Rhythm(Every.DAY, 0, "07:00")
LAYOUT = {"filters": [], "by": ["owner"], "measure": "", "look": ""}
START = "2027-03-10T05:00"  # 06:00 in Paris, a Wednesday


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def planned(
    acting: Acting,
    to: list[int],
    rhythm: Rhythm = DAILY,
    *,
    groups: tuple[int, ...] = (),
    name: str = "By owner",
    entity: str = "leads",
    layout: dict[str, Any] = LAYOUT,
    **more: Any,
) -> int:
    """The id of a schedule that Claire made at START, for a report of leads."""
    with time_machine.travel(utc(START), tick=False), acting("claire"):
        given = Given(name, frozenset(groups))
        view = saved.create(SavedKind.REPORT, entity, layout, given)
        return services.create(view, ScheduleInput(rhythm, frozenset(to), **more)).id


def at(app: Flask, text: str) -> int:
    """How many schedules a worker takes at this time."""
    with time_machine.travel(utc(text), tick=False), app.app_context():
        return sending.send_due()


def mails(everything: Everything) -> list[Message]:
    whole = (undefer(Message.body_html), undefer(Message.body_text))
    with everything() as session:
        found = session.scalars(select(Message).options(*whole).order_by(Message.id)).unique()
        return [one for one in found if one.kind == MessageKind.REPORT]


def outcomes(everything: Everything) -> dict[int, Outcome | None]:
    with everything() as session:
        found = session.execute(select(ReportRecipient.user_id, ReportRecipient.outcome))
        return {row[0]: row[1] for row in found}


def due(everything: Everything, pk: int) -> datetime | None:
    with everything() as session:
        return session.get_one(ReportSchedule, pk).due_at


@pytest.fixture
def mixed(acting: Acting, cast: Cast, everything: Everything) -> None:
    """Claire, Marc and Nadia are of one group that is no team; Claire sees no lead of Marc's."""
    with acting("marc"):
        for name in ("claire", "claire", "marc"):
            make(Lead, last_name="Roche", owner=person(cast.people[name]))
    with everything() as session:
        group = session.get_one(Group, cast.support)
        group.users = [session.get_one(User, pk) for pk in (cast.claire, cast.marc, cast.nadia)]
        session.get_one(User, cast.marc).language = "fr"


def test_each_reader_gets_what_they_may_see_in_their_language(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, mixed: None
) -> None:
    planned(acting, [cast.claire, cast.marc, cast.nadia], groups=(cast.support,))
    assert at(app, "2027-03-10T05:59") == 0
    assert at(app, "2027-03-10T06:00") == 1
    claire, marc = sorted(mails(everything), key=lambda one: one.to_address or "")
    assert (claire.to_address, marc.to_address) == ("claire@acme.example", "marc@acme.example")
    assert claire.subject == "By owner: March 10, 2027"
    assert marc.subject == "By owner\u00a0: 10 mars 2027"
    assert re.search(r"Claire Colin +2\n", claire.body_text)
    assert "Marc" not in claire.body_text
    assert re.search(r"Marc Morel +1\n", marc.body_text)
    assert "Ce rapport vous est envoyé à la demande de Claire Colin" in marc.body_text
    assert '<td align="right">2</td>' in claire.body_html
    assert "/reporting/own/lists/leads?by=owner" in claire.body_text
    assert {one.state for one in (claire, marc)} == {MessageState.QUEUED}
    assert outcomes(everything) == {
        cast.claire: Outcome.QUEUED,
        cast.marc: Outcome.QUEUED,
        cast.nadia: Outcome.OUT_OF_REACH,
    }


def test_a_follow_up_is_sent_with_all_its_tables(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    plant(acting, cast, everything)
    layout = {"subject": "accounts", "period": "", "filters": []}
    planned(acting, [cast.claire], entity="pipeline", layout=layout, with_csv=True)
    at(app, "2027-03-10T06:00")
    (mail,) = mails(everything)
    assert "/reporting/pipeline?" in mail.body_text
    assert mail.body_html.count("<table") > 1
    with everything() as session:
        files = [one.file.file_name for one in session.get_one(Message, mail.id).attachments]
    assert len(set(files)) == mail.body_html.count("<table")


def test_amounts_of_two_currencies_are_two_tables_of_one(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        for currency in ("EUR", "USD"):
            make(Opportunity, amount=Decimal(1000), currency=currency, owner=person(cast.claire))
    layout = {"filters": [], "by": ["owner"], "measure": "sum:amount", "look": "table"}
    planned(acting, [cast.claire], entity="opportunities", layout=layout)
    at(app, "2027-03-10T06:00")
    (mail,) = mails(everything)
    for amount in ("€1,000.00", "$1,000.00"):
        assert mail.body_html.count(f'<td align="right">{amount}</td>') == 2, "a line and a total"
        assert amount in mail.body_text
    assert "2,000" not in mail.body_text
    assert "not added up" in mail.body_text


@pytest.mark.parametrize(
    ("rhythm", "days"),
    [
        (DAILY, ["2027-03-10", "2027-03-11", "2027-03-12"]),
        (Rhythm(Every.WEEK, 0, "07:00"), ["2027-03-15", "2027-03-22", "2027-03-29"]),
        (Rhythm(Every.MONTH, 28, "07:00"), ["2027-03-28", "2027-04-28", "2027-05-28"]),
        (Rhythm(Every.MONTH, 1, "07:00"), ["2027-04-01", "2027-05-01", "2027-06-01"]),
        (Rhythm(Every.MONTH, LAST, "07:00"), ["2027-03-31", "2027-04-30", "2027-05-31"]),
    ],
)
def test_it_leaves_on_the_days_of_its_rhythm(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    rhythm: Rhythm,
    days: list[str],
) -> None:
    pk, zone = planned(acting, [cast.claire], rhythm), ZoneInfo("Europe/Paris")
    for number, day in enumerate(days, 1):
        moment = due(everything, pk)
        assert moment is not None
        assert moment.astimezone(zone).isoformat()[:16] == f"{day}T07:00"
        assert at(app, f"{moment - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}") == 0
        assert at(app, f"{moment:%Y-%m-%dT%H:%M:%S}") == 1
        assert at(app, f"{moment:%Y-%m-%dT%H:%M:%S}") == 0
        assert len(mails(everything)) == number


@pytest.mark.parametrize("hour", ["00:00", "02:00", "03:00", "23:00"])
@pytest.mark.parametrize("start", ["2027-03-26", "2027-10-29"])
def test_on_days_when_clocks_change_it_leaves_once(start: str, hour: str) -> None:
    rhythm, zone = Rhythm(Every.DAY, 0, hour), ZoneInfo("Europe/Paris")
    now, last, sent = utc(f"{start}T00:00"), None, []
    due_at = rhythm.following(now, zone)
    for _step in range(24 * 12 * 5):
        now += timedelta(minutes=5)
        if due_at <= now:
            last = rhythm.latest(now, zone)
            sent.append(last)
            due_at = rhythm.following(now, zone, last)
    first = sent[0]
    assert len(sent) >= 4
    assert sent == [first + timedelta(days=n) for n in range(len(sent))]


def test_a_server_that_was_off_sends_the_last_period_alone(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    pk = planned(acting, [cast.claire])
    assert at(app, "2027-03-13T05:00") == 1
    (mail,) = mails(everything)
    assert mail.cause == f"report:{pk}:2027-03-12:{cast.claire}"
    assert due(everything, pk) == utc("2027-03-13T06:00")


def test_two_workers_send_one_mail(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned(acting, [cast.claire])
    make_one, others = sending.make, []

    def meanwhile(asked: Any) -> Any:
        made = make_one(asked)
        if not others:
            others.append(None)
            with time_machine.travel(utc("2027-03-10T06:00"), tick=False):
                others[0] = sending._send_all()  # as another worker does
        return made

    monkeypatch.setattr(sending, "make", meanwhile)
    assert (at(app, "2027-03-10T06:00"), others) == (0, [1])
    assert len(mails(everything)) == 1


def test_a_worker_that_dies_between_leaves_everything_to_the_next(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned(acting, [cast.claire], with_csv=True)
    with monkeypatch.context() as patched:

        def die(*given: Any) -> None:
            raise SystemExit

        for name in ("_write", "_take"):
            patched.setattr(sending, name, die)
            with pytest.raises(SystemExit):
                at(app, "2027-03-10T06:00")
            patched.undo()
    assert mails(everything) == []
    assert at(app, "2027-03-10T06:05") == 1
    assert len(mails(everything)) == 1


def test_one_that_fails_keeps_nobody_from_theirs(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned(acting, [cast.claire, cast.hugo], groups=(cast.sales,))
    shown = making.show

    def fail(view_id: int, actor: Any, **said: Any) -> Any:
        if actor.user_id == cast.claire:
            raise ZeroDivisionError
        return shown(view_id, actor, **said)

    monkeypatch.setattr(making, "show", fail)
    assert at(app, "2027-03-10T06:00") == 1
    assert [one.to_address for one in mails(everything)] == ["hugo@acme.example"]
    assert outcomes(everything) == {cast.claire: Outcome.FAILED, cast.hugo: Outcome.QUEUED}


def _delete_report(session: Session, cast: Cast) -> None:
    session.execute(update(SavedView).values(deleted_at=utc(START)))


def _purge_report(session: Session, cast: Cast) -> None:
    session.execute(delete(saved_view_group))
    session.execute(delete(SavedView))


def _unshare(session: Session, cast: Cast) -> None:
    session.execute(delete(saved_view_group))


def _deactivate(name: str) -> Callable[[Session, Cast], None]:
    def act(session: Session, cast: Cast) -> None:
        session.get_one(User, cast.people[name]).active = False

    return act


def _unsubscribe(session: Session, cast: Cast) -> None:
    mine = ReportRecipient.user_id == cast.hugo
    session.execute(update(ReportRecipient).where(mine).values(unsubscribed_at=utc(START)))


BOTH_OF = ("claire", "hugo")


@pytest.mark.parametrize(
    ("change", "to", "outcome"),
    [
        (_delete_report, [], dict.fromkeys(BOTH_OF, Outcome.DELETED)),
        (_purge_report, [], dict.fromkeys(BOTH_OF, Outcome.DELETED)),
        (_unshare, ["claire"], {"claire": Outcome.QUEUED, "hugo": Outcome.UNREADABLE}),
        (_deactivate("claire"), [], dict.fromkeys(BOTH_OF, Outcome.OWNER_INACTIVE)),
        (_deactivate("hugo"), ["claire"], {"claire": Outcome.QUEUED, "hugo": Outcome.INACTIVE}),
        (_unsubscribe, ["claire"], {"claire": Outcome.QUEUED, "hugo": None}),
    ],
)
def test_nothing_is_sent_to_whom_it_is_closed(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    change: Callable[[Session, Cast], None],
    to: list[str],
    outcome: dict[str, Outcome | None],
) -> None:
    pk = planned(acting, [cast.claire, cast.hugo], groups=(cast.sales,))
    with everything() as session:
        change(session, cast)
    assert at(app, "2027-03-10T06:00") == 1
    assert [one.to_address for one in mails(everything)] == [f"{one}@acme.example" for one in to]
    assert outcomes(everything) == {cast.people[one]: why for one, why in outcome.items()}
    assert due(everything, pk) == utc("2027-03-11T06:00")


def test_of_the_report_of_another_the_owner_of_both_has_to_be_active(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with time_machine.travel(utc(START), tick=False):
        with acting("claire"):
            given = Given("Shared", frozenset([cast.sales]))
            view_id = saved.create(SavedKind.REPORT, "leads", LAYOUT, given).id
        with acting("hugo"):
            services.create(saved.fetch(view_id), ScheduleInput(DAILY, frozenset([cast.hugo])))
    with everything() as session:
        session.get_one(User, cast.claire).active = False
    assert at(app, "2027-03-10T06:00") == 1
    assert outcomes(everything) == {cast.hugo: Outcome.AUTHOR_INACTIVE}
    with everything() as session:
        session.get_one(User, cast.claire).active = True
        session.execute(delete(saved_view_group))
    assert at(app, "2027-03-11T06:00") == 1
    assert outcomes(everything) == {cast.hugo: Outcome.UNREADABLE_TO_ME}
    assert mails(everything) == []


@pytest.mark.parametrize(("only_rows", "count"), [(False, 1), (True, 0)])
def test_without_rows_it_says_so_or_does_not_leave(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, only_rows: bool, count: int
) -> None:
    planned(acting, [cast.claire], only_rows=only_rows)
    assert at(app, "2027-03-10T06:00") == 1
    found = mails(everything)
    assert len(found) == count
    if found:
        assert "No row to show." in found[0].body_text
        assert "No row to show." in found[0].body_html
    assert outcomes(everything)[cast.claire] is (Outcome.EMPTY if only_rows else Outcome.QUEUED)


def test_the_table_goes_with_it_to_who_may_export(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, mixed: None
) -> None:
    with everything() as session:
        group = session.get_one(Group, cast.support)
        group.users = [*group.users, session.get_one(User, cast.ines)]
    planned(acting, [cast.claire, cast.ines], groups=(cast.support,), with_csv=True)
    at(app, "2027-03-10T06:00")
    with everything() as session:
        found = session.scalars(select(Message)).unique()
        files = {one.owner_id: [part.file for part in one.attachments] for one in found}
    assert files[cast.ines] == []
    (file,) = files[cast.claire]
    assert (file.file_name, file.media_type) == ("Leads - Assigned to.csv", "text/csv")
    assert file.size > 20


def test_names_are_text_in_the_html(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    planned(acting, [cast.claire], name="<b>Ours</b> & more")
    at(app, "2027-03-10T06:00")
    (mail,) = mails(everything)
    assert "&lt;b&gt;Ours&lt;/b&gt; &amp; more" in mail.body_html
    assert "<b>Ours</b> & more" in mail.body_text


def test_it_follows_the_time_zone_of_its_owner_without_a_second_mail(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    pk = planned(acting, [cast.claire])
    assert at(app, "2027-03-10T06:00") == 1
    with everything() as session:
        session.get_one(User, cast.claire).time_zone = "America/New_York"
    assert at(app, "2027-03-10T06:01") == 0
    assert due(everything, pk) == utc("2027-03-11T12:00"), "the 10th was sent"
    assert at(app, "2027-03-10T12:00") == 0
    assert at(app, "2027-03-11T12:00") == 1


def test_a_time_of_a_clock_that_was_wrong_does_not_stop_it(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    pk = planned(acting, [cast.claire])
    with everything() as session:
        values = {"due_at": utc("2031-01-01T06:00"), "last_on": date(2030, 12, 31)}
        session.execute(update(ReportSchedule).values(**values))
    assert at(app, "2027-03-10T05:30") == 0
    assert due(everything, pk) == utc("2027-03-10T06:00")
    assert at(app, "2027-03-10T06:00") == 1


def test_paused_it_sends_nothing_and_resumed_the_next_one(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    pk = planned(acting, [cast.claire])
    with time_machine.travel(utc("2027-03-10T05:30"), tick=False), acting("claire"):
        services.pause(pk)
    assert at(app, "2027-03-10T06:00") == 0
    with time_machine.travel(utc("2027-03-12T10:00"), tick=False), acting("claire"):
        services.resume(pk)
    assert at(app, "2027-03-12T10:00") == 0
    assert at(app, "2027-03-13T06:00") == 1


def test_who_refuses_by_the_link_of_the_mail_keeps_nobody_else_from_it(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, client: Client
) -> None:
    planned(acting, [cast.claire, cast.hugo], groups=(cast.sales,))
    at(app, "2027-03-10T06:00")
    (text,) = [one.body_text for one in mails(everything) if one.owner_id == cast.hugo]
    found = re.search(r"/p/[\w-]+", text)
    assert found is not None
    with time_machine.travel(utc("2027-03-10T07:00"), tick=False):
        assert "Stop getting the report “By owner”" in client.get(found[0]).text
        assert "no longer sent to you" in client.post(found[0]).text
        assert "no longer sent to you" in client.get(found[0]).text
    assert at(app, "2027-03-11T06:00") == 1
    assert [one.to_address for one in mails(everything)][2:] == ["claire@acme.example"]


def test_what_was_deleted_is_purged_after_a_day_with_its_recipients(
    acting: Acting, cast: Cast, everything: Everything
) -> None:
    pk = planned(acting, [cast.claire])
    with time_machine.travel(utc("2027-03-10T10:00"), tick=False), acting("claire"):
        services.remove(pk)
    for day, left in (("11T09:00", 1), ("11T11:00", 0)):
        with time_machine.travel(utc(f"2027-03-{day}"), tick=False), everything() as session:
            services.purge()
            assert session.scalar(select(func.count()).select_from(ReportRecipient)) == left


def _closed(session: Session, cast: Cast) -> None:
    session.execute(delete(saved_view_group))


def _moved(session: Session, cast: Cast) -> None:
    hugo = session.get_one(User, cast.hugo)
    hugo.roles = [session.scalars(select(Role).where(Role.code == "translator")).one()]


@pytest.mark.parametrize(
    ("change", "taken", "outcome"),
    [
        (_closed, 1, Outcome.UNREADABLE),
        (_deactivate("hugo"), 1, Outcome.UNREADABLE),
        (_moved, 0, Outcome.OUT_OF_REACH),
    ],
)
def test_what_is_closed_while_the_mail_is_made_does_not_leave(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Session, Cast], None],
    taken: int,
    outcome: Outcome,
) -> None:
    planned(acting, [cast.hugo], groups=(cast.sales,))
    with monkeypatch.context() as patched:

        def meanwhile(asked: Any) -> Any:
            made = making.make(asked)
            with everything() as session:
                change(session, cast)
            return made

        patched.setattr(sending, "make", meanwhile)
        assert at(app, "2027-03-10T06:00") == taken
    at(app, "2027-03-10T06:01")
    assert mails(everything) == []
    assert outcomes(everything) == {cast.hugo: outcome}


def test_what_waits_in_the_outbox_does_not_leave_for_who_refuses(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    pk = planned(acting, [cast.claire, cast.hugo], groups=(cast.sales,))
    at(app, "2027-03-10T06:00")
    with time_machine.travel(utc("2027-03-10T06:01"), tick=False), acting("hugo"):
        services.unsubscribe(pk)
    states = {one.owner_id: one.state for one in mails(everything)}
    assert states == {cast.claire: MessageState.QUEUED, cast.hugo: MessageState.CANCELLED}


def test_a_slow_report_holds_up_no_reminder(app: Flask) -> None:
    assert "report_schedules" in jobs.SLOW
    assert "report_schedules" not in jobs.SWEEPS
