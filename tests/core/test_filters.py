"""Filters of lists: teams, no value, numbers of days; in pages, pickers, API and export."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask_appbuilder.security.sqla.models import Group, User
from sqlalchemy import select, update

from crm.accounts.models import Tag
from crm.companies.models import Agency, AppSettings
from crm.core.datamodel import filters
from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.datamodel.index_choice import fixed_values
from crm.core.errors import DomainError
from crm.core.models.operators import CHOSEN, DATED
from crm.leads.models import Lead
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]
LIST = "/leads/list/"


@pytest.fixture
def owned(acting: Acting, cast: Cast) -> None:
    """Leads named after their owners; Hugo and Claire are of one team, Marc is in no group."""
    with acting("marc"):
        for name in ("claire", "hugo", "marc"):
            make(Lead, last_name=name.capitalize(), owner=person(cast.people[name]))
        make(Lead, last_name="Nobody", owner=None)


def found(
    acting: Acting, who: str, name: str, key: str, *texts: str, model: Any = Lead
) -> set[str]:
    """The names of the rows that a filter lets through."""
    with acting(who) as session:
        kind = filters.filter_spec(model, name).kind
        number = [operator.key for operator in kind.operators].index(key)
        where = condition(model, name, number, texts, FilterFormat("UTC")).where
        return {row.last_name for row in session.scalars(select(model).where(where)).unique()}


def test_operators_keep_their_numbers() -> None:
    """They are in the addresses of lists that people have kept."""
    assert [one.key for one in CHOSEN] == ["in", "not_in", "empty", "filled"]
    assert [one.key for one in DATED] == [
        "gte", "lte", "eq", "empty", "filled", "between", "last_days", "next_days",
    ]  # fmt: skip


@pytest.mark.usefixtures("owned")
def test_a_team_is_that_of_the_owner(acting: Acting, cast: Cast) -> None:
    team = str(cast.sales)
    assert found(acting, "marc", "owner.groups", "in", team) == {"Claire", "Hugo"}
    assert found(acting, "marc", "owner.groups", "not_in", team) == {"Marc", "Nobody"}
    assert found(acting, "marc", "owner.groups", "in", "none") == {"Marc", "Nobody"}
    assert found(acting, "marc", "owner.groups", "empty") == {"Marc", "Nobody"}
    assert found(acting, "marc", "owner.groups", "filled") == {"Claire", "Hugo"}
    every = found(acting, "marc", "owner.groups", "in", team, "none")
    assert every == {"Claire", "Hugo", "Marc", "Nobody"}
    assert found(acting, "marc", "owner.groups", "not_in", team, "none") == set()
    assert found(acting, "marc", "owner.groups", "not_in", "none") == {"Claire", "Hugo"}
    assert found(acting, "marc", "owner.groups", "in", "999999") == set()


@pytest.mark.usefixtures("owned")
def test_the_team_filter_on_the_page_in_its_picker_in_the_export_and_in_the_api(
    as_user: AsUser, cast: Cast, token_of: Callable[[str], dict[str, str]]
) -> None:
    marc = as_user("marc")
    page = marc.get(f"{LIST}?_flt_0_owner.groups={cast.sales}").text
    assert page.count("<tr data-row") == 2
    assert '<span class="k">Team is</span> Sales</button>' in page
    assert f'<option value="{cast.sales}" selected>Sales</option>' in page
    offered = marc.get("/leads/pick/owner.groups?none=1").json["results"]
    assert [one["text"] for one in offered] == ["No team", "Sales", "Support"]
    assert marc.get("/leads/pick/owner.groups?q=supp").json["results"][0]["text"] == "Support"
    assert marc.get("/leads/pick/owner.roles").status_code == 404
    assert marc.get("/leads/pick/owner.password").status_code == 404
    exported = marc.get(f"/leads/export?_flt_0_owner.groups={cast.sales}").text
    assert ("Hugo" in exported, "Nobody" in exported) == (True, False)
    asked = f"(filters:!((col:owner.groups,opr:in,value:!({cast.sales},none))))"
    answer = marc.get("/api/v1/leads/", query_string={"q": asked}, headers=token_of("marc"))
    assert answer.json["count"] == 4


def test_groups_without_a_colleague_are_not_named(
    as_user: AsUser, acting: Acting, everything: Callable[[], Any], cast: Cast
) -> None:
    with everything() as session:
        group = Group(name="Iberia only", users=[person(cast.olga)])
        session.add(group)
        session.flush()
        pk = group.id
    claire = as_user("claire")
    offered = claire.get("/leads/pick/owner.groups").json["results"]
    assert "Iberia only" not in [one["text"] for one in offered]
    page = claire.get(f"{LIST}?_flt_0_owner.groups={pk}").text
    assert "Iberia only" not in page
    assert "Not available" in page
    alice = as_user("alice").get("/leads/pick/owner.groups").json["results"]
    assert "Iberia only" in [one["text"] for one in alice]


@pytest.mark.usefixtures("owned")
def test_rows_without_a_value_are_one_choice_among_others(acting: Acting, cast: Cast) -> None:
    hugo = str(cast.hugo)
    assert found(acting, "marc", "owner", "in", hugo, "none") == {"Hugo", "Nobody"}
    assert found(acting, "marc", "owner", "in", "none") == {"Nobody"}
    assert found(acting, "marc", "owner", "not_in", hugo, "none") == {"Claire", "Marc"}
    assert found(acting, "marc", "owner", "not_in", "none") == {"Claire", "Hugo", "Marc"}
    assert found(acting, "marc", "owner", "not_in", hugo) == {"Claire", "Marc", "Nobody"}


def test_no_agency_no_tag_and_no_country_are_choices(
    acting: Acting, everything: Callable[[], Any], cast: Cast
) -> None:
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
        tag, lyon = Tag(name={"en": "VIP"}), session.get(Agency, cast.lyon)
        session.add(tag)
        session.flush()
        tag_id, lyon_name = tag.id, str(lyon)
    assert lyon_name
    with acting("marc") as session:
        lyon, tag = session.get(Agency, cast.lyon), session.get(Tag, tag_id)
        make(Lead, last_name="Lyon", agency=lyon, tags=[tag], country="FR")
        make(Lead, last_name="Free", agency=None, country=None)
    both = (str(cast.lyon), "none")
    assert found(acting, "marc", "agency", "in", *both) == {"Lyon", "Free"}
    assert found(acting, "marc", "agency", "in", "none") == {"Free"}
    assert found(acting, "marc", "tags", "in", str(tag_id), "none") == {"Lyon", "Free"}
    assert found(acting, "marc", "tags", "in", "none") == {"Free"}
    assert found(acting, "marc", "tags", "not_in", "none") == {"Lyon"}
    assert found(acting, "marc", "tags", "not_in", str(tag_id), "none") == set()
    assert found(acting, "marc", "country", "in", "none", "FR") == {"Lyon", "Free"}
    assert found(acting, "marc", "country", "not_in", "none") == {"Lyon"}


def test_the_words_of_no_value(
    as_user: AsUser, acting: Acting, everything: Callable[[], Any]
) -> None:
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
    marc = as_user("marc")
    page = marc.get(f"{LIST}?_flt_0_agency=none&_flt_1_owner=none&_flt_0_country=FR").text
    for words in ("Agency is</span> No agency", "is none of</span> Unassigned"):
        assert words in page
    assert "Country is</span> France" in page
    assert '<option value="FR" selected>France</option>' in page
    offered = marc.get("/leads/pick/agency?none=1").json["results"]
    assert offered[0] == {"value": "none", "text": "No agency"}
    assert marc.get("/leads/pick/agency").json["results"][0]["value"] != "none"
    countries = marc.get("/leads/pick/country?none=1&q=port").json["results"]
    assert {"value": "PT", "text": "Portugal"} in countries
    with everything() as session:
        session.execute(update(User).values(language="fr"))
    page = unescape(marc.get(f"{LIST}?_flt_0_agency=none&_flt_6_received_on=7").text)
    assert "Agence est</span> Sans agence" in page
    assert "Date de réception au cours des 7 derniers jours</span>" in page


def test_none_is_no_word_of_other_operators(acting: Acting) -> None:
    with acting("marc"), pytest.raises(DomainError):
        condition(Lead, "received_on", 0, ["none"], FilterFormat("UTC"))


def test_a_value_or_none_can_be_read_along_an_index(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        where = condition(Lead, "agency", 0, ["3", "none"], FilterFormat("UTC")).where
        assert fixed_values(select(Lead).where(where), Lead)["agency_id"] == (3, None)
        team = condition(Lead, "owner.groups", 0, [str(cast.sales)], FilterFormat("UTC")).where
        owners = fixed_values(select(Lead).where(team), Lead)["owner_id"]
        assert set(owners) == {cast.claire, cast.hugo}


class Clock(datetime):
    """A clock that stands still: 23:30 in UTC, which is the next day in Paris."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime(2026, 10, 24, 23, 30, tzinfo=UTC).astimezone(tz)


def test_days_are_those_of_the_reader(acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "datetime", Clock)
    form = FilterFormat("UTC")
    with acting("marc"):  # who is in Paris, where clocks go back on the 25th
        assert form.days("1", -1, as_instants=False) == (date(2026, 10, 24), date(2026, 10, 25))
        assert form.days("90", 1, as_instants=False)[1] == date(2027, 1, 23)
        first, last = form.days("1", 1, as_instants=True)
    paris = ZoneInfo("Europe/Paris")
    assert first == datetime(2026, 10, 25, tzinfo=paris)
    assert last == datetime(2026, 10, 27, tzinfo=paris) - timedelta(microseconds=1)


def test_leads_of_the_last_and_next_days(acting: Acting) -> None:
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    with acting("marc"):
        for days in (-8, -7, 0, 7, 8):
            make(Lead, last_name=f"{days:+}", received_on=today + timedelta(days=days))
    assert found(acting, "marc", "received_on", "last_days", "7") == {"-7", "+0"}
    assert found(acting, "marc", "received_on", "next_days", "7") == {"+0", "+7"}
    assert len(found(acting, "marc", "created_on", "last_days", "1")) == 5


@pytest.mark.parametrize("text", ["0", "-3", "3661", "1.5", "seven", "9" * 40, "²"])
def test_a_number_of_days_is_checked(acting: Acting, text: str) -> None:
    with acting("marc"), pytest.raises(DomainError) as refused:
        condition(Lead, "received_on", 6, [text], FilterFormat("UTC"))
    assert "from 1 to 3660" in refused.value.fields["received_on"]


def test_days_in_chips_popover_and_api(
    as_user: AsUser, acting: Acting, token_of: Callable[[str], dict[str, str]]
) -> None:
    with acting("marc"):
        make(Lead, last_name="Today")
    marc = as_user("marc")
    page = unescape(marc.get(f"{LIST}?_flt_6_received_on=7").text)
    assert '<span class="k">Received on in the last 7 days</span></button>' in page
    assert re.search(r'value="7" inputmode="numeric"', page)
    assert "in the next 1 day<" in marc.get(f"{LIST}?_flt_7_received_on=1").text
    wrong = marc.get(f"{LIST}?_flt_6_received_on=x")
    assert wrong.status_code == 200
    assert "Enter a number of days from 1 to 3660" in wrong.text
    assert marc.get(f"{LIST}?_flt_99_received_on=1").status_code == 200
    for key, value in (("last_days", 3), ("next_days", "3")):
        asked = f"(filters:!((col:received_on,opr:{key},value:{value})))"
        answer = marc.get("/api/v1/leads/", query_string={"q": asked}, headers=token_of("marc"))
        assert answer.json["count"] == 1
    without_script = marc.get(
        f"{LIST}?filter=received_on&op=6&value=&value=&value=7&_flt_0_owner=me"
    )
    assert without_script.headers["Location"].endswith("_flt_0_owner=me&_flt_6_received_on=7")


@pytest.mark.parametrize(
    "day", [date(2027, 3, 28), date(2027, 10, 31), date(2027, 5, 20)], ids=["23h", "25h", "24h"]
)
def test_a_day_ends_at_midnight_where_clocks_change(acting: Acting, day: date) -> None:
    zone = ZoneInfo("Europe/Paris")
    start = datetime.combine(day, datetime.min.time(), zone)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    minute = timedelta(minutes=1)
    moments = [start.astimezone(UTC) - minute, start, end.astimezone(UTC) - minute, end]
    between = [one.key for one in DATED].index("between")
    texts = (day.isoformat(), day.isoformat())
    with acting("alice") as session:
        leads = [make(Lead, last_name=f"Lead {number}") for number in range(len(moments))]
        session.flush()
        for lead, moment in zip(leads, moments, strict=True):
            changed = update(Lead).where(Lead.id == lead.id)
            session.execute(changed.values(created_on=moment.astimezone(UTC)))
        where = condition(Lead, "created_on", between, texts, FilterFormat("Europe/Paris")).where
        names = session.scalars(select(Lead.last_name).where(where).order_by(Lead.id)).all()
    assert names == ["Lead 1", "Lead 2"]
