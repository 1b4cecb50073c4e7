"""Own reports: every group and measure of every list, and the rights of their reader."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from crm.calendar.models import Event
from crm.calendar.models.words import Visibility
from crm.companies.days import today
from crm.core.models.text import format_money
from crm.core.saved import services
from crm.core.saved.models import SavedKind
from crm.core.saved.services import Given
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.reporting.own.subjects import groups_of, measures_of, subject
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client, written_once
from tests.reporting.boards_world import plant

AsUser = Callable[[str], Client]
CELL = re.compile(r'<td class="r num"><a href="([^"]+)">([^<]+)</a></td>')
PART = {"HX-Request": "true"}


@written_once
def planted(acting: Acting, cast: Cast, everything: Any) -> None:
    plant(acting, cast, everything)


def result(client: Client, entity: str, query: str) -> str:
    answer = client.get(f"/reporting/own/lists/{entity}/chart?{query}", headers=PART)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def follow(client: Client, html: str, each: int) -> None:
    """Open the lists of some of the figures that count rows, `each` columns apart."""
    rows = [CELL.findall(row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)]
    counts = [cell for row in rows for cell in row[::each] if int(cell[1]) <= 25]
    for url, text in counts[:: max(1, len(counts) // 3)]:
        assert client.get(url).text.count("data-row=") == int(text), url


@pytest.mark.slow("it opens the lists of every group of a table")
@pytest.mark.parametrize("entity", ["leads", "prospects", "opportunities", "quotes", "events"])
def test_every_figure_opens_the_list_of_exactly_its_rows(
    as_user: AsUser, acting: Acting, planted: None, entity: str, app: Flask
) -> None:
    with acting("marc"), app.test_request_context():
        view = subject(entity)
        groups, measures = list(groups_of(view)), ["", *measures_of(view)]
    client = as_user("marc")
    for number, key in enumerate(groups):
        measure = measures[number % len(measures)]
        alone = result(client, entity, f"by={key}&measure={measure}")
        assert "c-none" not in alone, key
        follow(client, alone, 2 if measure else 1)
        other = groups[(number * 7 + 3) % len(groups)]
        if other.partition(":")[0] != key.partition(":")[0]:
            both = result(client, entity, f"by={key}&and={other}")
            if "too many for columns" not in both:
                follow(client, both, 1)


def columns(html: str) -> dict[str, list[str]]:
    """The first word of each line → its figures."""
    found = {}
    for line in re.findall(r"<tr[^>]*>(<th scope=\"row\".*?)</tr>", html, re.DOTALL):
        cells = [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", line)]
        found[cells[0]] = [cell for cell in cells[1:] if cell]
    return found


@pytest.mark.both
@pytest.mark.parametrize("somebody", ["alice", "marc", "claire", "ines"])
def test_sums_are_those_of_the_rows_that_one_may_read(
    as_user: AsUser, acting: Acting, planted: None, somebody: str
) -> None:
    with acting(somebody) as session:
        rows = list(session.scalars(select(Opportunity)).unique())
        expected: dict[tuple[str, str], list[Opportunity]] = defaultdict(list)
        for row in rows:
            expected[row.currency, str(row.stage)].append(row)
        name = {pk: str(stage) for pk, stage in ((r.stage_id, r.stage) for r in rows)}
    client = as_user(somebody)
    assert name
    for currency in ("EUR", "USD"):
        query = f"by=stage&measure=sum:amount&look=table&_flt_0_currency={currency}"
        found = columns(result(client, "opportunities", query))
        assert found.keys() - {"Total"} == {st for cur, st in expected if cur == currency}
        for (cur, stage), meant in expected.items():
            if cur == currency:
                amounts = [row.amount for row in meant if row.amount is not None]
                total = format_money(sum(amounts, Decimal(0)), cur) if amounts else "–"
                assert found[stage] == [str(len(meant)), total], (somebody, stage)


def test_a_date_that_is_filtered_is_grouped_within_its_bounds(
    as_user: AsUser, planted: None
) -> None:
    days = [(today() - timedelta(days=n)).isoformat() for n in (45, 10)]
    bounds = "&".join(f"_flt_5_received_on={day}" for day in days)
    client = as_user("alice")
    for url, text in CELL.findall(result(client, "leads", f"by=received_on:month&{bounds}")):
        assert client.get(url).text.count("data-row=") == int(text), url
    twice = result(client, "leads", f"by=received_on:month&{bounds}&_flt_0_received_on={days[0]}")
    assert "is filtered twice" in twice


def test_who_is_left_out_stays_out_of_the_others(
    as_user: AsUser, acting: Acting, planted: None, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.reporting.own.result.MOST_LINES", 1)
    query = f"by=owner&_flt_1_owner={cast.claire}"
    html = result(as_user("alice"), "leads", query)
    (row,) = re.findall(r"<tr><th[^>]*><span[^>]*>\d+ others.*?</tr>", html, re.DOTALL)
    url, text = CELL.findall(row)[0]
    assert f"_flt_1_owner={cast.claire}" in url
    assert as_user("alice").get(url).text.count("data-row=") == int(text)


def test_private_events_and_hidden_fields_never_leak(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        make(Event, subject="Secret talk", visibility=Visibility.PRIVATE, owner=person(cast.claire))
        make(Event, subject="Open talk", owner=person(cast.claire))
    html = result(as_user("marc"), "events", "by=visibility")
    assert "Private" not in html
    assert columns(html)["Total"] == ["1"]
    assert columns(result(as_user("claire"), "events", "by=visibility"))["Total"] == ["2"]
    for key in ("subject", "notes", "owner.password", "search_text", "agency", "account.name"):
        page = as_user("marc").get(f"/reporting/own/lists/events?by={key}").text
        assert "does not exist here" in page, key
        assert f'value="{key}"' not in page
    page = as_user("claire").get("/reporting/own/lists/opportunities").text
    assert "memo" not in page


HOSTILE = [
    "by=nothing", "by=stage&and=stage", "by=closed_on:year&and=closed_on:day", "by=name",
    "measure=sum:name", "measure=sum:stage", "measure=max:amount", "measure=sum:probability",
    "measure=sum:owner.password", "by=closed_on:century", "by=tags", "by=owner.password_hash",
    "_flt_0_memo=x", "_flt_9_owner=1", "_flt_0_owner=abc", "report=abc", "report=99999999999",
    "by=owner&by=stage&by=account&by=contact&by=agency&by=source&by=tags&by=score&by=company",
    "and=-", "look=pie", "by=" + "x" * 500,
    "_flt_5_closed_on=1900-01-01&_flt_5_closed_on=2200-12-31",
    "by=%00", "measure=sum:", "measure=:amount", "and=account",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_whatever_is_asked_is_answered(as_user: AsUser, query: str) -> None:
    client = as_user("claire")
    for part in ("", "/chart", "/csv", "/add"):
        answer = client.get(f"/reporting/own/lists/opportunities{part}?{query}")
        assert answer.status_code in (200, 400), (part, answer.status_code)


def test_days_of_centuries_are_refused_with_a_sentence(as_user: AsUser, acting: Acting) -> None:
    with acting("claire") as session:
        first = make(Lead, organization="First")
        last = make(Lead, organization="Last")
        session.flush()
        for row, year in ((first, 1900), (last, 2200)):
            changed = update(Lead).where(Lead.id == row.id).values(received_on=date(year, 1, 1))
            session.execute(changed, execution_options={"synchronize_session": False})
    html = result(as_user("claire"), "leads", "by=received_on:day")
    assert len(columns(html)) == 3  # two days and the total


def test_a_report_is_saved_shared_copied_and_deleted(
    as_user: AsUser, acting: Acting, planted: None, cast: Cast
) -> None:
    claire, hugo, olga = as_user("claire"), as_user("hugo"), as_user("olga")
    query = "by=status&and=source&measure=&_flt_0_owner=me"
    page = claire.get(f"/reporting/own/lists/leads?{query}").text
    add = unescape(re.findall(r'href="(/reporting/own/lists/leads/add[^"]*)"', page)[0])
    assert claire.get(add).status_code == 200
    saved = claire.post(add, data={"name": "Ours by status", f"group-{cast.sales}": "1"})
    assert saved.status_code == 303
    pk = int(saved.location.rpartition("/")[2])
    opened = claire.get(f"/reporting/own/open/{pk}")
    assert f"by=status&and=source&report={pk}&_flt_0_owner=me" in opened.location
    shown = claire.get(opened.location).text
    assert "Ours by status" in shown
    assert "Save “Ours by status”" not in shown
    changed = claire.get(opened.location.replace("by=status", "by=owner")).text
    update_url = unescape(re.findall(r'formaction="(/reporting/own/update/[^"]*)"', changed)[0])
    assert hugo.post(update_url, data={"row_version": "1"}).status_code == 404
    assert claire.post(update_url, data={"row_version": "1"}).status_code == 303
    again = claire.post(update_url, data={"row_version": "1"}, follow_redirects=True)
    assert "changed in the meantime" in again.text
    assert "/reporting/own/update/" not in again.text, "a second click would save over it"
    # Hugo sees it, of his own rows; Olga, of another group, does not.
    location = hugo.get(f"/reporting/own/open/{pk}").location
    assert "by=owner" in location
    assert "Hugo" in result(hugo, "leads", location.partition("?")[2])
    assert "Claire" not in result(hugo, "leads", location.partition("?")[2])
    listed = hugo.get("/reporting/own/").text
    assert ("Shared by Claire" in listed, f"/own/edit/{pk}" in listed) == (True, False)
    assert olga.get(f"/reporting/own/open/{pk}").status_code == 404
    assert "Ours by status" not in olga.get("/reporting/own/").text
    for address in ("edit", "delete", "restore", "update"):
        assert hugo.post(f"/reporting/own/{address}/{pk}").status_code == 404
    copy = unescape(re.findall(r'href="(/reporting/own/copy/[^"]*)"', listed)[0])
    copied = hugo.get(copy).location
    assert hugo.post(copied, data={"name": "Mine"}).status_code == 303
    assert claire.post(f"/reporting/own/delete/{pk}").status_code == 303
    assert hugo.get(f"/reporting/own/open/{pk}").status_code == 404
    assert claire.post(f"/reporting/own/restore/{pk}").status_code == 303
    assert hugo.get(f"/reporting/own/open/{pk}").status_code == 302
    for client, address in ((hugo, "open"), (claire, "open"), (claire, "edit")):
        assert client.get(f"/saved_filters/{address}/{pk}").status_code == 404
    for address in ("edit", "delete", "restore", "update"):
        answer = claire.post(f"/saved_filters/{address}/{pk}", data={"name": "X"})
        assert answer.status_code == 404, address


def test_what_went_away_is_said_and_the_rest_is_shown(as_user: AsUser, acting: Acting) -> None:
    layout = {
        "filters": [["agency", 0, ["1"]], ["owner", 0, ["me"]], ["gone", 0, ["1"]]],
        "by": ["agency", "status"], "measure": "sum:gone", "look": "",
    }  # fmt: skip
    with acting("claire"):
        pk = services.create(SavedKind.REPORT, "leads", layout, Given("Old one")).id
    page = as_user("claire").get(f"/reporting/own/open/{pk}", follow_redirects=True)
    assert page.status_code == 200
    assert "opens without what no longer exists" in page.text
    for name in ("Agency", "gone"):
        assert name in page.text
    assert re.search(r'<option value="status" selected>', page.text)


def test_a_report_as_csv_of_what_one_may_export(as_user: AsUser, planted: None) -> None:
    answer = as_user("claire").get("/reporting/own/lists/opportunities/csv?measure=sum:amount")
    assert answer.mimetype == "text/csv"
    assert "Currency" in answer.text
    assert as_user("ines").get("/reporting/own/lists/opportunities/csv").status_code == 403


def test_who_may_read_nothing_has_no_reports(as_user: AsUser) -> None:
    for path in ("", "lists/leads", "lists/leads/chart", "lists/leads/csv", "lists/leads/add"):
        assert as_user("nadia").get(f"/reporting/own/{path}").status_code == 404
    for path in ("lists/users", "lists/nothing", "lists/outbox", "open/1"):
        assert as_user("claire").get(f"/reporting/own/{path}").status_code == 404
