"""The sales follow-up: every figure is what plain Python counts, and opens the list of its rows."""

import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind, Industry
from crm.calendar.models import Event
from crm.companies.days import today
from crm.companies.models import Agency, AppSettings
from crm.core.saved import services as saving
from crm.core.saved.models import SavedKind
from crm.core.saved.services import Given
from crm.core.types import utcnow
from crm.core.views.address import ListAddress
from crm.leads.models import Lead
from crm.opportunities import services
from crm.opportunities.models import Opportunity, Stage
from crm.reporting.boards.periods import Period
from crm.reporting.own.saved import type_of
from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.figures import AGENCY, STAGE, Cell, Part, read_figures
from crm.reporting.pipeline.subjects import ACCOUNTS, LEADS, Subject
from tests.companies.test_handover import ticked
from tests.factories import again, make, person
from tests.fixtures import Acting, Cast, Client, written_once
from tests.opportunities.test_services import Everything
from tests.pressing import press

PATH = "/reporting/pipeline"
PEOPLE = ("alice", "marc", "claire", "ines")
KEYS = {"leads": "LeadView", "opportunities": "OpportunityView", "events": "EventView"}
CELLS = re.compile(r'<td class="r num[^"]*">(.*?)</td>', re.DOTALL)
LINK = re.compile(r'<a href="([^"]+)">([^<]+)</a>')
ROW = re.compile(r'<tr><th scope="row"[^>]*>([^<]*)</th>(.*?)</tr>', re.DOTALL)
TABLE = re.compile(r'<table class="c-mini c-figures">(.*?)</table>', re.DOTALL)
SUMS = re.compile(r"<tfoot>(.*?)</tfoot>", re.DOTALL)


@pytest.fixture
def agencies(everything: Everything, cast: Cast) -> None:
    manage_agencies(everything, cast)


def manage_agencies(everything: Everything, cast: Cast) -> None:
    """Agencies and recurring revenue are managed; Claire is of Lyon, Inès of Lille."""
    with everything() as session:
        settings = session.get_one(AppSettings, 1)
        settings.manage_agencies = settings.manage_recurring = True
        person(cast.claire).agency = session.get_one(Agency, cast.lyon)
        person(cast.ines).agency = session.get_one(Agency, cast.lille)


@written_once
def business(acting: Acting, everything: Everything, cast: Cast) -> None:
    """Rows of three owners, two agencies and none, two industries and none, two currencies."""
    manage_agencies(everything, cast)
    random = Random(19)  # noqa: S311  no secret
    with acting("alice") as session:
        places = [session.get_one(Agency, cast.lyon), session.get_one(Agency, cast.lille), None]
        people = [person(cast.claire), person(cast.hugo), person(cast.marc)]
        trades = [*session.scalars(select(Industry).limit(2)), None]
        stages = session.scalars(select(Stage).where(Stage.kind == "open")).all()

        def whose() -> dict[str, Any]:
            return {"owner": random.choice(people), "agency": random.choice(places)}

        leads = [make(Lead, industry=random.choice(trades), **whose()) for _n in range(20)]
        accounts = [
            make(
                Account,
                industry=random.choice(trades),
                kind=random.choice([AccountKind.CLIENT, AccountKind.PROSPECT]),
                **whose(),
            )
            for _n in range(20)
        ]
        for _number in range(60):
            once = random.choice([None, Decimal(random.randint(0, 10**8)) / 100])
            row = make(
                Opportunity,
                account=random.choice([*accounts, None]),
                amount=once,
                currency=random.choice(["EUR", "USD"]),
                probability=random.randint(0, 100),
                stage=random.choice(stages),
                recurring_amount=random.choice([None, Decimal(random.randint(1, 10**6)) / 100]),
                recurring_duration=random.randint(1, 24),
                **whose(),
            )
            row.lead = random.choice([*leads, None])
        for number in range(60):
            about = [{}, {"account": random.choice(accounts)}, {"lead": random.choice(leads)}]
            starts_at = utcnow() + timedelta(days=number)
            make(Event, starts_at=starts_at, **about[number % 3], **whose())
        held = select(Opportunity).where(Opportunity.account_id.is_not(None))
        services.win(again(session.scalars(held.limit(1)).one()))
        session.flush()
        for row in (*leads, *accounts):
            at = utcnow() - timedelta(days=random.choice([1, 500]))
            table = type(row).__table__
            session.execute(update(table).where(table.c.id == row.id).values(created_on=at))
        accounts[0].archived_on = utcnow()


def lyon(cast: Cast) -> tuple[str, int, tuple[str, ...]]:
    return ("agency", 0, (str(cast.lyon),))


# What Python counts ─────────────────────────────────────────────────────────────────────────────

YEAR = Period(today() - timedelta(days=365), today())
ASKED: dict[str, Any] = {
    "all": lambda cast, trade: ([], None),
    "lyon": lambda cast, trade: ([lyon(cast)], None),
    "no agency": lambda cast, trade: ([("agency", 2, ())], None),
    "claire": lambda cast, trade: ([("owner", 0, (str(cast.claire),))], None),
    "trade": lambda cast, trade: ([("industry", 0, (str(trade),))], None),
    "no trade": lambda cast, trade: ([("industry", 2, ())], None),
    "new": lambda cast, trade: ([], YEAR),
    "new of lyon": lambda cast, trade: ([lyon(cast)], YEAR),
}


def passes(row: Any, filters: list[Any], names: set[str]) -> bool:
    """Whether a row satisfies those of the filters that are by `names`."""
    for name, operator, texts in filters:
        if name in names:
            value = getattr(row, f"{name}_id")
            if (value is not None) if operator == 2 else (str(value) not in texts):
                return False
    return True


def is_new(row: Any, period: Period | None) -> bool:
    first = datetime.combine(YEAR.first, datetime.min.time(), UTC) - timedelta(days=1)
    return period is None or row.created_on > first


def expected(rows: list[Any], key: Callable[[Any], Any], *, is_sale: bool) -> dict[Any, Any]:
    """key → number of rows, and by currency the sums of what has a number."""
    found: dict[Any, Any] = defaultdict(lambda: [0, {}])
    for row in rows:
        cell = found[key(row)]
        cell[0] += 1
        if is_sale:
            sums = cell[1].setdefault(row.currency, [Decimal(0)] * 3)
            each = (row.amount, row.weighted_amount, row.recurring_monthly)
            for at, value in enumerate(each):
                sums[at] += value or 0
    return {key: (count, sums) for key, (count, sums) in found.items()}


def figures_of(cell: Cell, *, is_sale: bool) -> Any:
    sums = {
        currency: [one.value("sum") or Decimal(0) for one in found]
        for currency, found in cell.sums.items()
    }
    return (cell.count, sums if is_sale else {})


def counted(part: Part, *, by_stage: bool = False) -> dict[Any, Any]:
    groups = (AGENCY, STAGE) if by_stage else (AGENCY,)
    is_sale = part.model is Opportunity
    return {
        keys if by_stage else keys[0]: figures_of(cell, is_sale=is_sale)
        for keys, cell in part.by(*groups).items()
    }


def meant(session: Session, subject: Subject, filters: Any, period: Any) -> list[list[Any]]:
    """The records, opportunities and events that are meant, of those the actor may read."""
    everything = {row.id: row for row in session.scalars(select(subject.model)).unique()}
    about = {
        pk
        for pk, row in everything.items()
        if passes(row, filters, {"industry"}) and is_new(row, period)
    }
    shared = {"agency", "owner"}
    records = [
        everything[pk]
        for pk in about
        if passes(everything[pk], filters, shared)
        and (subject is LEADS or not everything[pk].is_archived)
    ]
    is_about = period is not None or any(one[0] == "industry" for one in filters)
    found = [records]
    for model in (Opportunity, Event):
        rows = [
            row
            for row in session.scalars(select(model)).unique()
            if passes(row, filters, shared)
            and _belongs(getattr(row, f"{subject.relation}_id"), about, is_about, model, subject)
        ]
        found.append(rows)
    return found


def _belongs(
    pk: int | None, about: set[int], is_about: bool, model: type[Any], subject: Subject
) -> bool:
    if is_about:
        return pk in about
    return pk is not None or (subject is ACCOUNTS and model is Opportunity)


@pytest.mark.both
@pytest.mark.parametrize("subject", [LEADS, ACCOUNTS], ids=lambda one: one.key)
def test_figures_are_those_of_the_rows_that_one_may_read(
    acting: Acting, business: None, cast: Cast, subject: Subject
) -> None:
    told: dict[str, set[tuple[int, ...]]] = defaultdict(set)
    for somebody in PEOPLE:
        with acting(somebody) as session:
            trade = session.scalars(select(Industry.id).limit(1)).one()
            for name, ask in ASKED.items():
                filters, period = ask(cast, trade)
                told[name].add(_compared(session, subject, filters, period))
    for name, numbers in told.items():
        assert len(numbers) > 1, name
        assert any(all(one) for one in numbers), name


def _compared(
    session: Session, subject: Subject, filters: Any, period: Period | None
) -> tuple[int, ...]:
    """The number of rows of each kind, the figures of which are as they should be."""
    figures = read_figures(Choice(subject, "records", ListAddress("", PATH, filters), period))
    records, sales, events = meant(session, subject, filters, period)
    assert figures.opportunities is not None
    assert figures.events is not None
    of_agency = [
        expected(rows, lambda row: row.agency_id, is_sale=False) for rows in (records, events)
    ]
    assert [counted(figures.records), counted(figures.events)] == of_agency
    by_stage = expected(sales, lambda row: (row.agency_id, row.stage_id), is_sale=True)
    assert counted(figures.opportunities, by_stage=True) == by_stage
    return len(records), len(sales), len(events)


# What the page shows ────────────────────────────────────────────────────────────────────────────


def listed(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return unescape(answer.text)


def opened(client: Client, url: str) -> str:
    """The list behind a figure, with all its rows."""
    key = KEYS.get(url.split("/")[1], "ClientView")
    return listed(client, f"{url}{'&' if '?' in url else '?'}psize_{key}=100")


QUERIES = (
    "",
    "?subject=accounts",
    "?subject=leads&period=this_year",
    "?subject=accounts&period=2020-01-01..2039-12-31&_flt_0_owner=me",
)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.slow("follows every figure of a page to its list")
def test_every_figure_opens_the_list_of_exactly_its_rows(
    as_user: Callable[[str], Client], business: None, query: str
) -> None:
    for somebody in ("marc", "claire"):
        client, known = as_user(somebody), {}
        page = listed(client, PATH + query)
        followed = 0
        for table in TABLE.findall(page):
            for _label, cells in ROW.findall(table):
                for box in CELLS.findall(cells):
                    followed += _follow(client, box, known)
        assert followed > 5


def _follow(client: Client, box: str, known: dict[str, int]) -> int:
    """Open the lists of a cell: a number is that of the rows, an amount their sum.

    `known` keeps url → the rows of a list that several cells lead to.
    """
    found = LINK.findall(box)
    for url, text in found:
        if url not in known:
            known[url] = opened(client, url).count("data-row=")
        assert known[url] == int(text) if text.isdecimal() else known[url], (url, text)
    return len(found)


def test_amounts_are_the_sums_of_their_lists(
    as_user: Callable[[str], Client], business: None
) -> None:
    marc = as_user("marc")
    by_agency, by_stage = TABLE.findall(listed(marc, f"{PATH}?subject=accounts"))
    boxes = [CELLS.findall(cells)[2] for _label, cells in ROW.findall(by_agency)]
    boxes += [box for _label, cells in ROW.findall(by_stage) for box in CELLS.findall(cells)[1:]]
    amounts = [one for box in boxes for one in LINK.findall(box) if not one[1].isdecimal()]
    assert len(amounts) > 10
    assert any("$" in text for _url, text in amounts)
    for url, text in amounts:
        (sums,) = SUMS.findall(opened(marc, url))
        assert text in sums, (url, text)


@pytest.mark.accept("A-15")
def test_what_is_filtered_on_an_agency(
    as_user: Callable[[str], Client], acting: Acting, agencies: None, cast: Cast
) -> None:
    with acting("marc") as session:
        for name, number in (("Lyon", 3), ("Lille", 2)):
            place = session.get_one(Agency, cast.lyon if name == "Lyon" else cast.lille)
            for n in range(number):
                make(Lead, last_name=f"Lead {name} {n}", agency=place)
                account = make(Account, name=f"Account {name} {n}", agency=place)
                make(Opportunity, name=f"Sale {name} {n}", account=account)
                make(Event, subject=f"Visit {name} {n}", account=account, starts_at=utcnow())
    marc = as_user("marc")
    for query, word_ in (
        ("subject=leads", "Lead"),
        ("subject=accounts", "Account"),
        ("subject=accounts&tab=opportunities", "Sale"),
        ("subject=accounts&tab=events", "Visit"),
    ):
        page = listed(marc, f"{PATH}?{query}&_flt_0_agency={cast.lyon}")
        names = set(re.findall(rf"{word_} L\w+ \d", page))
        assert names == {f"{word_} Lyon {n}" for n in range(3)}
        assert page.count("data-row=") == 3


@pytest.mark.accept("A-100")
def test_what_an_agency_sold_stays_its_own(
    as_user: Callable[[str], Client], acting: Acting, agencies: None, cast: Cast
) -> None:
    with acting("marc") as session:
        account = make(Account, agency=session.get_one(Agency, cast.lyon))
        won = make(Opportunity, account=account, amount=Decimal(700))
        make(Opportunity, account=account, amount=Decimal(50))
        session.flush()
        services.win(again(won))
    marc = as_user("marc")
    client = listed(marc, f"{PATH}?subject=accounts&_flt_0_agency={cast.lyon}")
    assert "€750.00" in client
    values = {"agency": cast.lille, **ticked()}
    moved = press(marc, f"/clients/move_agency/{account.id}", data=values)
    assert moved.status_code == 303, moved.text
    for place, amount in ((cast.lyon, "€700.00"), (cast.lille, "€50.00")):
        page = listed(marc, f"{PATH}?subject=accounts&_flt_0_agency={place}")
        assert f">{amount}</a></dd>" in page


@pytest.mark.accept("A-101")
def test_an_opportunity_without_account_counts_in_its_owners_agency(
    as_user: Callable[[str], Client], acting: Acting, agencies: None, cast: Cast
) -> None:
    with acting("claire"):
        make(Opportunity, name="Sans client", amount=Decimal(90))
    for place, is_there in ((cast.lyon, True), (cast.lille, False)):
        query = f"?subject=accounts&tab=opportunities&_flt_0_agency={place}"
        page = listed(as_user("marc"), PATH + query)
        assert ("Sans client" in page) is is_there
        assert ("€90.00" in page) is is_there


def test_a_wrong_choice_is_told(as_user: Callable[[str], Client]) -> None:
    for query in ("period=soon", "_flt_0_owner=abc", "_flt_9_owner=1", "_flt_0_name=x"):
        page = listed(as_user("claire"), f"{PATH}?{query}")
        assert "c-note" in page
        assert "c-kpi" not in page
        answer = as_user("claire").get(f"{PATH}/agencies.csv?{query}")
        assert answer.status_code == 400


def test_a_free_period_and_a_filter_are_typed(as_user: Callable[[str], Client], cast: Cast) -> None:
    claire = as_user("claire")
    answer = claire.get(f"{PATH}?subject=leads&tab=events&first=1/2/2027&last=3/3/2027")
    assert "period=2027-02-01..2027-03-03" in answer.location
    assert "tab=events" in answer.location
    answer = claire.get(f"{PATH}?subject=leads&filter=owner&op=0&value={cast.claire}")
    assert f"_flt_0_owner={cast.claire}" in answer.location
    assert listed(claire, answer.location)


def test_clients_and_prospects_have_a_list_of_their_own(
    as_user: Callable[[str], Client], business: None
) -> None:
    """Both kinds, by the filters of their lists, and as CSV with the right to export."""
    alice, query = as_user("alice"), "period=this_year&_flt_2_agency="
    page = listed(alice, f"{PATH}?subject=accounts&{query}")
    (url,) = re.findall(r"<dt>Clients and prospects</dt><dd[^>]*><a href=\"([^\"]+)\"", page)
    assert url.startswith(f"{PATH}/accounts?")
    together = opened(alice, url)
    rows = together.count("data-row=")
    assert rows == opened(alice, f"{PATH}?subject=accounts&{query}").count("data-row=") > 0
    assert {"Client", "Prospect"} <= set(re.findall(r">(Client|Prospect)<", together))
    assert "Created on between" in re.sub("<[^>]+>", " ", together).replace("  ", " ")
    typed = alice.get(f"{PATH}/accounts?filter=owner&op=0&value=me")
    assert typed.location == f"{PATH}/accounts?_flt_0_owner=me"
    assert "No result" in listed(alice, f"{PATH}/accounts?search=zzzz")
    answer = alice.get(link(together, f"{PATH}/accounts/export"))
    assert answer.mimetype == "text/csv"
    assert len(answer.text.splitlines()) == rows + 1
    assert alice.get(f"{PATH}/accounts/export?_flt_0_nope=1").status_code == 400
    assert as_user("ines").get(f"{PATH}/accounts/export").status_code == 403
    for path in ("accounts", "accounts/export"):
        assert as_user("nadia").get(f"{PATH}/{path}").status_code == 404


def test_without_agencies_there_is_no_word_of_them(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    with acting("claire"):
        make(Opportunity, amount=Decimal(5))
    page = listed(as_user("claire"), f"{PATH}?subject=accounts")
    main = page[page.index("<main") :]
    assert "agency</th>" not in main.lower()
    assert "By agency" not in main
    assert len(TABLE.findall(page)) == 1


def test_who_may_read_nothing_has_no_follow_up(as_user: Callable[[str], Client]) -> None:
    assert as_user("nadia").get(PATH).status_code == 404
    assert as_user("nadia").get(f"{PATH}/stages.csv").status_code == 404
    assert as_user("claire").get("/reporting/").location.endswith(PATH)


def test_one_grouped_statement_a_table(
    as_user: Callable[[str], Client],
    business: None,
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    marc = as_user("marc")
    for tab in ("records", "opportunities", "events"):
        with counting() as statements:
            listed(marc, f"{PATH}?subject=accounts&tab={tab}")
        assert sum(" GROUP BY " in one and "key_0" in one for one in statements) == 3
        assert len(statements) <= 14, statements


# Saved ──────────────────────────────────────────────────────────────────────────────────────────


def link(page: str, pattern: str) -> str:
    """The first address that a page leads to."""
    found = re.search(rf'(?:href|formaction)="({pattern}[^"]*)"', page)
    assert found is not None, pattern
    return found[1]


def saved_one(client: Client, query: str, **said: str) -> int:
    """The id of a follow-up that is saved as it is shown."""
    add = link(listed(client, f"{PATH}?{query}"), "/reporting/own/lists/pipeline/add")
    form = unescape(client.get(add).text)
    assert "Sales follow-up: Clients and prospects · " in form
    answer = client.post(add, data={"name": "Lyon this year", **said})
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("/")[2])


def test_it_is_saved_changed_copied_and_deleted(
    as_user: Callable[[str], Client], business: None, cast: Cast
) -> None:
    claire = as_user("claire")
    query = f"subject=accounts&period=this_year&tab=events&_flt_0_agency={cast.lyon}"
    pk = saved_one(claire, query)
    opened_at = claire.get(f"/reporting/own/open/{pk}").location
    for said in ("subject=accounts", "period=this_year", f"_flt_0_agency={cast.lyon}", f"={pk}"):
        assert said in opened_at
    page = listed(claire, opened_at)
    assert '<h1 id="title">Lyon this year</h1>' in page
    assert "Save “" not in page
    assert "Save “" not in listed(claire, f"{opened_at}&tab=opportunities"), "the tab is no change"
    link(page, f"/reporting/own/edit/{pk}")

    changed = listed(claire, opened_at.replace("this_year", "last_year"))
    assert "Save “Lyon this year”" in changed
    update_url = link(changed, f"/reporting/own/update/{pk}")
    assert claire.post(update_url, data={"row_version": "1"}).status_code == 303
    assert "period=last_year" in claire.get(f"/reporting/own/open/{pk}").location
    stale = claire.post(update_url, data={"row_version": "1"})
    again = listed(claire, stale.location)
    assert "changed in the meantime" in again
    assert "/reporting/own/update/" not in again, "a second click would save over it"
    link(again, "/reporting/own/lists/pipeline/add")

    every = listed(claire, "/reporting/own/")
    assert "Sales follow-up: Clients and prospects" in every
    copied = claire.get(link(every, f"/reporting/own/copy/{pk}")).location
    same = claire.post(copied, data={"name": "Lyon THIS year"})
    assert "saved one with this name already" in same.text
    assert claire.post(copied, data={"name": "Another"}).status_code == 303
    assert claire.post(f"/reporting/own/delete/{pk}").status_code == 303
    assert claire.get(f"/reporting/own/open/{pk}").status_code == 404
    assert claire.post(f"/reporting/own/restore/{pk}").status_code == 303
    assert claire.get(f"/reporting/own/open/{pk}").status_code == 302


def test_whoever_it_is_shared_with_sees_their_own_rows(
    as_user: Callable[[str], Client], acting: Acting, cast: Cast
) -> None:
    for somebody in ("claire", "hugo"):
        with acting(somebody):
            make(Opportunity, amount=Decimal(70 if somebody == "claire" else 5), name=somebody)
    claire, hugo, olga = as_user("claire"), as_user("hugo"), as_user("olga")
    pk = saved_one(claire, "subject=accounts&_flt_0_owner=me", **{f"group-{cast.sales}": "1"})
    opened_at = hugo.get(f"/reporting/own/open/{pk}").location
    page = listed(hugo, f"{opened_at}&tab=opportunities")
    assert ("€5.00" in page, "€70.00" in page) == (True, False)
    assert "Save “" not in listed(hugo, f"{opened_at}&period=this_year")
    for method, address in (("get", "edit"), ("post", "edit"), ("post", "delete")):
        assert getattr(hugo, method)(f"/reporting/own/{address}/{pk}").status_code == 404
    assert hugo.post(f"/reporting/own/update/{pk}?subject=leads").status_code == 404
    assert olga.get(f"/reporting/own/open/{pk}").status_code == 404
    stolen = listed(olga, f"{PATH}?subject=accounts&report={pk}")
    assert "Lyon this year" not in stolen
    assert olga.get(f"/reporting/own/copy/{pk}").status_code == 404


def test_what_went_away_of_a_saved_one_is_said(
    as_user: Callable[[str], Client], acting: Acting, cast: Cast
) -> None:
    layout = {
        "subject": "leads", "period": "1990-01-01..2030-12-31",
        "filters": [["agency", 0, [str(cast.lyon)]], ["gone", 0, ["1"]], ["owner", 0, ["me"]]],
    }  # fmt: skip
    with acting("claire"):
        pk = saving.create(SavedKind.REPORT, "pipeline", layout, Given("Old one")).id
    page = as_user("claire").get(f"/reporting/own/open/{pk}", follow_redirects=True)
    assert page.status_code == 200
    warned = re.search(r"“Old one” opens without what no longer exists[^<]*", unescape(page.text))
    assert warned is not None
    assert [name in warned[0] for name in ("Agency", "gone", "Created on")] == [True] * 3
    assert "Assigned to is" in page.text


@pytest.mark.parametrize("query", ["period=soon", "_flt_0_nope=1", "_flt_0_owner=abc"])
def test_what_cannot_be_shown_is_not_saved(as_user: Callable[[str], Client], query: str) -> None:
    claire = as_user("claire")
    page = listed(claire, f"{PATH}?{query}")
    assert "/reporting/own/lists/pipeline/add" not in page
    answer = claire.post(f"/reporting/own/lists/pipeline/add?{query}", data={"name": "X"})
    assert answer.status_code == 422
    assert "Lyon" not in listed(claire, "/reporting/own/")


def test_without_amounts_the_bars_say_the_records(
    as_user: Callable[[str], Client], acting: Acting, agencies: None, cast: Cast
) -> None:
    with acting("alice") as session:
        lyon, lille = session.get_one(Agency, cast.lyon), session.get_one(Agency, cast.lille)
        for agency in (lyon, lyon, lille):
            made = make(Lead, agency=agency)
        make(Opportunity, lead=made, account=None, agency=lille, amount=None)
    page = listed(as_user("alice"), f"{PATH}?subject=leads")
    assert re.findall(r'class="s1" width="([\d.]+)"', page) == ["50.0", "100.0"]


@pytest.mark.both
def test_its_tables_as_csv_are_what_one_may_export(
    as_user: Callable[[str], Client], business: None
) -> None:
    alice = as_user("alice")
    page = listed(alice, f"{PATH}?subject=accounts")
    by_agency = alice.get(link(page, f"{PATH}/agencies.csv"))
    assert by_agency.mimetype == "text/csv"
    assert re.search(r'class="s1" width="100(\.0)?"', page), "the largest bar is full"
    head, *lines = by_agency.text.lstrip("\ufeff").splitlines()
    assert head.startswith("Agency,Clients and prospects,Opportunities,Amount (EUR),Amount (USD)")
    assert len(lines) == 3
    assert any(one.startswith("No agency,") for one in lines)
    numbers = [int(line.split(",")[2]) for line in lines]
    (total,) = re.findall(r"<dt>Opportunities</dt><dd[^>]*><a[^>]*>(\d+)", page)
    assert sum(numbers) == int(total)
    by_stage = alice.get(link(page, f"{PATH}/stages.csv")).text.splitlines()
    assert "Lyon (EUR),Lyon (USD),Lyon: Number" in by_stage[0]
    assert as_user("ines").get(f"{PATH}/agencies.csv?subject=accounts").status_code == 403
    assert f"{PATH}/agencies.csv" not in listed(as_user("ines"), PATH)
    for name, status in (("nothing", 404), ("stages", 400)):
        query = "period=soon" if status == 400 else ""
        assert alice.get(f"{PATH}/{name}.csv?{query}").status_code == status


@pytest.mark.both
def test_a_saved_report_of_either_sort_is_read_for_its_reader(
    app: Flask, acting: Acting, business: None
) -> None:
    followed = {"subject": "accounts", "period": "", "filters": []}
    own = {"filters": [], "by": ["stage"], "measure": "sum:amount", "look": ""}
    counts = []
    for somebody in ("alice", "ines"):
        with acting(somebody) as session, app.test_request_context():
            rows = [
                saving.create(SavedKind.REPORT, entity, layout, Given("One"))
                for entity, layout in (("pipeline", followed), ("opportunities", own))
            ]
            sales = len(list(session.scalars(select(Opportunity)).unique()))
            tables, (chart,) = (type_of(row.entity).opened(row).tables() for row in rows)
            assert [one.key for one in tables] == ["totals", "agencies", "stages"]
            total = tables[0].sections[0].total
            assert total is not None
            values = dict(zip(tables[0].head[1:], total.figures, strict=True))
            assert values["Opportunities"].value == chart.count == sales
            counts.append(sales)
    assert counts[0] != counts[1]
