"""The pages of reports by e-mail: who may send what to whom, and what is nobody else's business."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from html import unescape

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.companies.models import User
from crm.core.saved import services as saved
from crm.core.saved.models import SavedKind, saved_view_group
from crm.core.saved.services import Given
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.mail.models import Message
from crm.reporting.schedules import sending
from crm.reporting.schedules.models import Outcome, ReportRecipient, ReportSchedule
from tests.factories import make
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
LAYOUT = {"filters": [], "by": ["owner"], "measure": "", "look": ""}
WEEKLY = {"when": "week:0", "at": "08:00"}


@pytest.fixture
def report(acting: Acting, cast: Cast) -> int:
    """The id of a report of Claire's that is shared with the sales."""
    with acting("claire"):
        make(Lead, last_name="Roche")
        given = Given("By owner", frozenset([cast.sales]))
        return saved.create(SavedKind.REPORT, "leads", LAYOUT, given).id


@pytest.fixture
def schedule(report: int, as_user: AsUser, cast: Cast, everything: Everything) -> int:
    """The id of a weekly schedule of Claire's, to her and to Hugo."""
    data = {**WEEKLY, f"to-{cast.claire}": "1", f"to-{cast.hugo}": "1"}
    answer = as_user("claire").post(f"/reporting/schedules/add/{report}", data=data)
    assert answer.status_code == 303
    with everything() as session:
        return session.scalars(select(ReportSchedule.id)).one()


def send(app: Flask, everything: Everything) -> None:
    """What is due is sent now."""
    with everything() as session:
        session.execute(update(ReportSchedule).values(due_at=utcnow(), last_on=None))
    with app.app_context():
        assert sending.send_due() == 1


def test_a_report_is_sent_from_its_page_and_listed(
    as_user: AsUser, report: int, schedule: int, cast: Cast
) -> None:
    claire = as_user("claire")
    page = claire.get(f"/reporting/own/open/{report}", follow_redirects=True).text
    assert f'href="/reporting/schedules/add/{report}"' in page
    form = claire.get(f"/reporting/schedules/add/{report}").text
    assert '<option value="day:0" selected>' in form
    assert '<option value="07:00" selected>' in form
    assert "Claire Colin (me)" in form
    assert "Hugo Henry" in form
    for name in ("Marc", "Olga", "Nadia"):
        assert name not in form
    listed = claire.get("/reporting/schedules/").text
    assert "Every Monday at 08:00" in listed
    assert "Claire Colin, Hugo Henry" in listed


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose at least one recipient."),
        ({"to-{marc}": "1"}, "Choose people who may read this report."),
        ({"to-{claire}": "1", "to-999999": "1"}, "Choose people who may read this report."),
        ({"to-{claire}": "1", "when": "week:7"}, "Choose a value from the list"),
        ({"to-{claire}": "1", "when": "month:29"}, "Choose a value from the list"),
        ({"to-{claire}": "1", "at": "25:00"}, "Choose a value from the list"),
        ({f"to-{n}": "1" for n in range(1000, 1051)}, "Choose at most 50 recipients."),
    ],
)
def test_what_is_wrong_is_said(
    as_user: AsUser, report: int, cast: Cast, data: dict[str, str], said: str
) -> None:
    sent = {name.format(**cast.people): value for name, value in data.items()}
    answer = as_user("claire").post(f"/reporting/schedules/add/{report}", data=WEEKLY | sent)
    assert answer.status_code == 422
    assert said in answer.text


def test_other_people_s_schedules_and_reports_are_nobody_s_business(
    as_user: AsUser, report: int, schedule: int, cast: Cast
) -> None:
    for name in ("marc", "alice", "olga"):
        client = as_user(name)
        assert client.get(f"/reporting/schedules/add/{report}").status_code == 404
        assert client.get(f"/reporting/schedules/edit/{schedule}").status_code == 404
        for verb in ("edit", "pause", "resume", "delete", "restore", "unsubscribe", "subscribe"):
            answer = client.post(f"/reporting/schedules/{verb}/{schedule}", data=WEEKLY)
            assert answer.status_code == 404, verb
        assert "By owner" not in client.get("/reporting/schedules/").text
    hugo = as_user("hugo")  # who only gets it
    for verb in ("edit", "pause", "resume", "delete", "restore"):
        answer = hugo.post(f"/reporting/schedules/{verb}/{schedule}", data=WEEKLY)
        assert answer.status_code == 404, verb


def test_it_is_changed_paused_and_deleted_with_undo(
    as_user: AsUser, schedule: int, cast: Cast, everything: Everything
) -> None:
    claire, base = as_user("claire"), "/reporting/schedules"
    data = {"when": "month:31", "at": "18:00", f"to-{cast.claire}": "1", "row_version": "1"}
    assert claire.post(f"{base}/edit/{schedule}", data=data).status_code == 303
    listed = claire.get(f"{base}/").text
    assert "Every month on the last day at 18:00" in listed
    assert "Hugo" not in listed
    again = claire.post(f"{base}/edit/{schedule}", data=data)
    assert (again.status_code, "changed in the meantime" in again.text) == (422, True)
    claire.post(f"{base}/pause/{schedule}")
    assert "Paused" in claire.get(f"{base}/").text
    page = claire.post(f"{base}/resume/{schedule}", follow_redirects=True).text
    assert f"{base}/pause/{schedule}" in page
    page = claire.post(f"{base}/delete/{schedule}", follow_redirects=True).text
    assert f"{base}/restore/{schedule}" in page
    assert "Every month" not in page
    claire.post(f"{base}/restore/{schedule}")
    assert "Every month" in claire.get(f"{base}/").text


def test_who_gets_it_unsubscribes_for_themselves(
    as_user: AsUser, schedule: int, cast: Cast
) -> None:
    claire, hugo, base = as_user("claire"), as_user("hugo"), "/reporting/schedules"
    listed = hugo.get(f"{base}/").text
    assert "Sent to me by colleagues" in listed
    assert "Claire Colin" in listed
    page = hugo.post(f"{base}/unsubscribe/{schedule}", follow_redirects=True).text
    assert f"{base}/subscribe/{schedule}" in page
    assert "Hugo Henry (unsubscribed)" in claire.get(f"{base}/").text
    data = {**WEEKLY, f"to-{cast.claire}": "1", "row_version": "1"}
    claire.post(f"{base}/edit/{schedule}", data=data)
    data |= {f"to-{cast.hugo}": "1", "row_version": "2"}
    claire.post(f"{base}/edit/{schedule}", data=data)
    assert "Hugo Henry (unsubscribed)" in claire.get(f"{base}/").text
    hugo.post(f"{base}/subscribe/{schedule}")
    assert "unsubscribed" not in claire.get(f"{base}/").text


def test_the_owner_sees_what_became_of_it(
    app: Flask,
    as_user: AsUser,
    schedule: int,
    cast: Cast,
    everything: Everything,
) -> None:
    with everything() as session:
        session.execute(delete(saved_view_group))
    send(app, everything)
    listed = unescape(as_user("claire").get("/reporting/schedules/").text)
    assert "Queued (Claire Colin)" in listed
    assert "Not sent: May no longer read this report (Hugo Henry)" in listed
    received = as_user("hugo").get("/reporting/schedules/").text
    assert "By owner" in received
    assert "/reporting/own/open/" not in received


def test_the_owner_sees_that_the_address_of_a_colleague_is_wrong(
    app: Flask, as_user: AsUser, schedule: int, cast: Cast, everything: Everything
) -> None:
    with everything() as session:
        session.execute(update(User.__table__).where(User.id == cast.hugo).values(email="none"))
    send(app, everything)
    listed = unescape(as_user("claire").get("/reporting/schedules/").text)
    assert "Skipped: The e-mail address is not valid (Hugo Henry)" in listed


def test_in_the_outbox_only_its_recipient_reads_it(
    app: Flask, as_user: AsUser, report: int, cast: Cast, everything: Everything
) -> None:
    data = {**WEEKLY, f"to-{cast.hugo}": "1", "with_csv": "1"}
    as_user("claire").post(f"/reporting/schedules/add/{report}", data=data)
    send(app, everything)
    with everything() as session:
        pk = session.scalars(select(Message.id)).one()
    admin = as_user("alice")
    shown = admin.get(f"/outbox/show/{pk}").text
    assert "only they can read it" in shown
    assert "Total" not in shown
    assert ".csv" not in shown
    assert admin.get(f"/outbox/file/{pk}/0").status_code == 404
    mine = as_user("hugo")
    assert "Total" in mine.get(f"/outbox/show/{pk}").text
    assert mine.get(f"/outbox/file/{pk}/0").mimetype == "text/csv"


def test_a_schedule_survives_the_report_s_purge_and_says_so(
    app: Flask, as_user: AsUser, report: int, schedule: int, everything: Everything
) -> None:
    claire = as_user("claire")
    claire.post(f"/reporting/own/delete/{report}")
    send(app, everything)
    listed = claire.get("/reporting/schedules/").text
    assert "Not sent: The report was deleted" in listed
    assert f"/reporting/schedules/edit/{schedule}" not in listed
    assert claire.get(f"/reporting/schedules/edit/{schedule}").status_code == 404


def test_one_person_has_a_hundred_schedules_at_most(
    as_user: AsUser, report: int, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.reporting.schedules.services.MOST", 1)
    claire, data = as_user("claire"), {**WEEKLY, f"to-{cast.claire}": "1"}
    path = f"/reporting/schedules/add/{report}"
    answers = [claire.post(path, data=data | {"at": at}) for at in ("08:00", "09:00")]
    assert [one.status_code for one in answers] == [303, 422]
    assert "You already have 1 schedules" in answers[1].text


def test_an_old_form_never_wins_unseen(
    as_user: AsUser, schedule: int, cast: Cast, everything: Everything
) -> None:
    claire, url = as_user("claire"), f"/reporting/schedules/edit/{schedule}"
    new = {"when": "month:31", "at": "18:00", f"to-{cast.claire}": "1", "row_version": "1"}
    assert claire.post(url, data=new).status_code == 303
    old = WEEKLY | {f"to-{cast.claire}": "1", f"to-{cast.hugo}": "1", "row_version": "1"}
    page = unescape(claire.post(url, data=old).text)
    for words in ("Every month on the last day", "18:00", "No"):
        assert f"Saved in the meantime: {words}" in page
    with everything() as session:
        assert session.get_one(ReportSchedule, schedule).at == "18:00"


def test_what_is_out_of_reach_is_named_without_a_link(
    as_user: AsUser, report: int, schedule: int, cast: Cast, everything: Everything
) -> None:
    with everything() as session:
        translator = session.scalars(select(Role).where(Role.code == "translator")).one()
        session.get_one(User, cast.hugo).roles = [translator]
    hugo = as_user("hugo")
    listed = hugo.get("/reporting/schedules/")
    assert f"/reporting/own/open/{report}" not in listed.text
    assert hugo.get(f"/reporting/schedules/add/{report}").status_code == 404


def test_why_it_failed_for_others_is_told_without_their_figures(
    as_user: AsUser, schedule: int, cast: Cast, everything: Everything
) -> None:
    with everything() as session:
        session.execute(update(ReportSchedule).values(last_on=utcnow().date()))
        for one in session.scalars(select(ReportRecipient)):
            one.outcome = Outcome.FAILED
            one.detail = "This makes 401 lines." if one.user_id == cast.claire else "402 lignes."
    listed = unescape(as_user("claire").get("/reporting/schedules/").text)
    assert "Not sent: The report could not be made: This makes 401 lines." in listed
    assert "402" not in listed


@pytest.mark.both
def test_a_form_that_is_posted_again_is_no_second_schedule(
    as_user: AsUser, report: int, cast: Cast
) -> None:
    data, path = {**WEEKLY, f"to-{cast.claire}": "1"}, f"/reporting/schedules/add/{report}"
    desks = [as_user("claire") for _n in range(4)]
    with ThreadPoolExecutor(len(desks)) as pool:  # as a double click does
        answers = list(pool.map(lambda one: one.post(path, data=data), desks))
    assert sorted(one.status_code for one in answers) == [303, 422, 422, 422]
    again = desks[0].post(path, data=data)  # as Back and Save do
    assert "already sent at that time" in again.text
    assert desks[0].post(path, data=data | {"at": "09:00"}).status_code == 303
