"""Reading by the API: shapes, pages, filters, and only what the actor may read."""

from datetime import date, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import insert, update

from crm.accounts.models import Account
from crm.core.types import utcnow
from crm.leads.models import Lead
from tests.core.api.world import Api, World
from tests.fixtures import statements_of


def test_a_row_tells_exact_numbers_as_text_and_links_by_id_and_label(
    world: World, alice: Api
) -> None:
    pk = world.deal(amount=Decimal("1234.5"), account_id=world.ids["account"])
    status, answer = alice.get(f"test/opportunities/{pk}")
    assert status == 200
    row = answer["result"]
    assert answer["id"] == row["id"] == pk
    assert row["amount"] == "1234.50"
    assert row["weighted_amount"] == "123.45"
    assert row["probability"] == 10
    assert row["account"] == {"id": world.ids["account"], "label": "Dupont"}
    assert row["contact"] is None
    assert row["row_version"] == 1


def test_instants_are_utc_days_iso_and_lists_of_links_lists(world: World, alice: Api) -> None:
    pk = world.tagged(world.lead())
    row = alice.get(f"test/leads/{pk}")[1]["result"]
    assert row["received_on"] == "2027-01-31"
    assert row["created_on"].endswith("Z")
    assert row["tags"] == [{"id": world.ids["tag"], "label": "Hot"}]


def test_a_translated_text_is_an_object(world: World, alice: Api) -> None:
    row = alice.get(f"test/sources/{world.ids['source']}")[1]["result"]
    assert row["name"] == {"en": "Fair", "fr": "Salon"}


def test_no_answer_holds_a_hash(world: World, alice: Api) -> None:
    """Stock dumps a related row whole: password hash, e-mail, login counts."""
    pk = world.lead(owner_id=world.people["claire"])
    for path in (f"test/leads/{pk}", "test/leads/", "test/leads/_info"):
        answer = str(alice.get(path))
        assert "scrypt" not in answer
        assert "claire@example.com" not in answer


@pytest.mark.accept("A-87")
def test_a_link_to_what_is_binned_or_hidden_says_only_that_there_is_one(
    world: World, alice: Api
) -> None:
    binned = world.deal(account_id=world.ids["account"])
    with world.rows() as session:
        session.get(Account, world.ids["account"]).deleted_at = utcnow()
    hidden = {"id": None, "label": None, "available": False}
    assert alice.get(f"test/opportunities/{binned}")[1]["result"]["account"] == hidden
    rows = alice.get("test/opportunities/")[1]["result"]
    assert [row["account"] for row in rows] == [hidden]


def test_only_editors_read_a_memo(world: World) -> None:
    pk = world.deal(memo="Between us", owner_id=world.people["marc"])
    own = world.deal(memo="Mine", owner_id=world.people["claire"], reference="O9")
    claire = world.as_("claire")
    assert claire.get(f"test/opportunities/{pk}")[1]["result"]["memo"] is None
    assert claire.get(f"test/opportunities/{own}")[1]["result"]["memo"] == "Mine"
    assert world.as_("marc").get(f"test/opportunities/{pk}")[1]["result"]["memo"] == "Between us"


@pytest.mark.accept("A-81")
def test_another_companys_row_is_nowhere(world: World) -> None:
    pk = world.lead()
    olga = world.as_("olga")
    assert olga.get(f"test/leads/{pk}")[0] == 404
    assert olga.get("test/leads/")[1]["count"] == 0
    narrowed = {"filters": [{"col": "owner", "opr": "empty"}]}
    assert olga.get("test/leads/", q=narrowed)[1]["ids"] == []


def test_a_row_in_the_bin_is_gone(world: World, alice: Api) -> None:
    pk = world.lead(deleted_at=utcnow())
    assert alice.get(f"test/leads/{pk}")[0] == 404
    assert alice.get("test/leads/")[1]["ids"] == []


@pytest.mark.parametrize("pk", ["99999999999", "2147483648", "0", "-1", "x", "1.5", "١", "9" * 400])
def test_an_id_that_no_column_holds_is_no_row(world: World, alice: Api, pk: str) -> None:
    """Stock answers 500 for some of these on PostgreSQL."""
    for method in ("GET", "DELETE"):
        assert alice.ask(method, f"test/leads/{pk}")[0] == 404
    assert alice.put(f"test/leads/{pk}", {"row_version": 1})[0] == 404


# Pages, order, columns ──────────────────────────────────────────────────────────────────────────


def test_pages_follow_each_other_without_doubles(world: World, alice: Api) -> None:
    """Stock's pages have no order: rows repeat or vanish between them."""
    made = [world.lead(received_on=date(2027, 1, 1)) for _ in range(5)]
    ask = {"page_size": 2, "order_column": "received_on"}
    found = [alice.get("test/leads/", q={**ask, "page": page})[1]["ids"] for page in range(4)]
    assert sorted(pk for ids in found for pk in ids) == made
    assert found[3] == []


def test_the_order_asked_for_holds_and_the_declared_one_else(world: World, alice: Api) -> None:
    early = world.lead(organization="Écully", received_on=date(2027, 1, 1))
    late = world.lead(organization="Zebra", received_on=date(2027, 2, 1))
    assert alice.get("test/leads/")[1]["ids"] == [late, early]
    by_name = {"order_column": "person", "order_direction": "asc"}
    assert alice.get("test/leads/", q=by_name)[1]["ids"] == [early, late]


def test_a_page_has_at_most_a_hundred_rows(world: World, alice: Api) -> None:
    """A larger one is refused: cut, it would look like the whole."""
    with world.rows() as session:
        session.add_all(
            Lead(organization=f"L{n}", company_id=world.ids["france"], status_id=world.ids["open"],
                 received_on=date(2027, 1, 1)) for n in range(101)
        )  # fmt: skip
    status, answer = alice.get("test/leads/", q={"page_size": 100})
    assert (status, len(answer["ids"]), answer["count"]) == (200, 100, 101)
    assert answer["count_capped"] is False
    for path in ("test/leads/", "test/leads/_deleted"):
        for size in (101, 100_000):
            status, answer = alice.get(path, q={"page_size": size})
            assert (status, set(answer["errors"])) == (422, {"page_size"})


def test_beyond_ten_thousand_nobody_counts(world: World, alice: Api) -> None:
    row = {
        "organization": "L", "company_id": world.ids["france"], "status_id": world.ids["open"],
        "received_on": date(2027, 1, 1), "name_key": "l", "search_text": "l",
    }  # fmt: skip
    with world.rows() as session:
        session.execute(insert(Lead), [row] * 10_001)
    answer = alice.get("test/leads/")[1]
    assert (answer["count"], answer["count_capped"]) == (10_000, True)


def test_columns_and_keys_choose_what_is_returned(world: World, alice: Api) -> None:
    pk = world.lead()
    answer = alice.get("test/leads/", q={"columns": ["received_on"], "keys": ["none"]})[1]
    assert set(answer) == {"count", "count_capped", "ids", "result", "cursor"}
    assert set(answer["result"][0]) == {"id", "row_version", "received_on"}
    for path in ("test/leads/", f"test/leads/{pk}"):
        told = alice.get(path, q={"columns": ["id"]})[1]["result"]
        assert set(told[0] if isinstance(told, list) else told) == {"id", "row_version"}


@pytest.mark.parametrize("rows", [1, 30])
def test_a_list_takes_four_statements_and_a_row_three(world: World, alice: Api, rows: int) -> None:
    """Beside the actor's two, and whatever the number of rows."""
    owner_id = world.people["claire"]
    made = [world.tagged(world.lead(owner_id=owner_id, source_id=1)) for _ in range(rows)]
    with statements_of(world.app, "BEGIN", "PRAGMA") as sent:
        assert alice.get("test/leads/")[0] == 200
    assert len(sent) <= 2 + 4, sent
    with statements_of(world.app, "BEGIN", "PRAGMA") as sent:
        assert alice.get(f"test/leads/{made[0]}")[0] == 200
    assert len(sent) <= 2 + 3, sent


# Filters ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("column", "operator", "value", "found"),
    [
        ("organization", "contains", "pont", True),
        ("organization", "sw", "Dup", True),
        ("organization", "eq", "Dupont", False),
        ("email", "empty", None, True),
        ("score", "gte", 3, True),
        ("score", "between", [1, 2], False),
        ("received_on", "lte", "2027-01-31", True),
        ("received_on", "eq", "2027-02-01", False),
        ("changed_on", "gte", "2020-01-01T00:00:00+01:00", True),
        ("status", "in", [1], True),
        ("status", "not_in", [1], False),
        ("status.kind", "in", ["open"], True),
        ("owner", "in", "me", True),
        ("owner", "in", [2], False),
        ("tags", "in", [1], False),
        ("do_not_call", "eq", False, True),
        ("company", "in", [1], True),
    ],
)
def test_filters(
    world: World, alice: Api, column: str, operator: str, value: Any, found: bool
) -> None:
    world.lead(score=3, owner_id=world.people["alice"])
    one = {"col": column, "opr": operator, "value": value}
    status, answer = alice.get("test/leads/", q={"filters": [one]})
    assert status == 200, answer
    assert bool(answer["ids"]) is found


def test_what_changed_since_an_instant_is_found_to_the_microsecond(
    world: World, alice: Api
) -> None:
    pk = world.lead()
    changed = alice.get(f"test/leads/{pk}")[1]["result"]["changed_on"]
    since = {"filters": [{"col": "changed_on", "opr": "gte", "value": changed}]}
    assert alice.get("test/leads/", q=since)[1]["ids"] == [pk]
    with world.rows() as session:
        session.execute(update(Lead).values(changed_on=Lead.changed_on))
        row = session.get(Lead, pk)
        row.changed_on -= timedelta(microseconds=1)
    assert alice.get("test/leads/", q=since)[1]["ids"] == []


WRONG = [
    {"col": "score", "opr": "gte", "value": "abc"},
    {"col": "score", "opr": "gte", "value": "NaN"},
    {"col": "score", "opr": "gte", "value": 10**30},
    {"col": "score", "opr": "gte", "value": [1, 2]},
    {"col": "score", "opr": "between", "value": [1]},
    {"col": "score", "opr": "like", "value": 1},
    {"col": "score", "opr": "gte"},
    {"col": "score", "opr": "gte", "value": {"a": 1}},
    {"col": "score", "opr": 7, "value": 1},
    {"col": "received_on", "opr": "gte", "value": "31/12"},
    {"col": "received_on", "opr": "gte", "value": "2027-02-30"},
    {"col": "changed_on", "opr": "gte", "value": "2027-01-31T14:00"},
    {"col": "changed_on", "opr": "gte", "value": True},
    {"col": "changed_on", "opr": "gte", "value": "2027-01-31T14:00:00.123456789012345+00:00 or so"},
    {"col": "organization", "opr": "contains", "value": "\x01"},
    {"col": "score", "opr": "gte", "value": "\x01"},
    {"col": "status", "opr": "in", "value": "x"},
    {"col": "status", "opr": "in", "value": [2**40]},
    {"col": "status", "opr": "in", "value": []},
    {"col": "status", "opr": "in", "value": list(range(1, 300))},
    {"col": "status.kind", "opr": "in", "value": ["nope"]},
    {"col": "country", "opr": "in", "value": ["Atlantis"]},
    {"col": "do_not_call", "opr": "eq", "value": "maybe"},
    {"col": "owner.password", "opr": "sw", "value": "scrypt"},
    {"col": "password", "opr": "empty"},
    {"col": "lost_on", "opr": "empty"},
    {"col": "nope", "opr": "empty"},
    {"col": "agency", "opr": "empty"},  # its switch is off
    {"col": "score"},
    "score",
]


def status_of(one: Any) -> int:
    """400 for what is no filter at all, 422 for one that makes no sense."""
    is_filter = isinstance(one, dict) and isinstance(one.get("opr"), str)
    return 422 if is_filter else 400


@pytest.mark.parametrize("one", WRONG, ids=str)
def test_a_filter_that_makes_no_sense_is_refused_with_a_reason(
    world: World, alice: Api, one: Any
) -> None:
    """Stock answers 500, or the wrong rows: a text it cannot read becomes IS NULL."""
    status, answer = alice.get("test/leads/", q={"filters": [one]})
    assert status == status_of(one)
    assert answer["message"]
    assert status == 400 or set(answer["errors"]) == {one["col"]}


@pytest.mark.parametrize(
    "q",
    [
        "(((", "!", "'", "--1", "2027-01-31", "(page:-5)", "(page:'x')", "(page:1.5)", "(page:!t)",
        "(page:99999999999999999999)", "(page_size:'x')", "(page_size:0)", "(page_size:-1)",
        "(order_column:password)", "(order_column:owner.password)", "(order_column:nope)",
        "(order_column:'')",
        "(order_column:agency)", "(order_column:!(1))", "(order_column:score,order_direction:up)",
        "(columns:!(password))", "(columns:!(agency))", "(columns:name)", "(columns:!(1))",
        "(keys:!(nope))", "(nope:1)", "(filters:1)", "(filters:!(!(1)))", "!(1)", "1", "(1:2)",
        "(a:%00)", '{"filters": "\\ud800"}', '{"keys": ["\\ud800"]}', "(" * 5000, "[" * 5000,
        "{" * 5000, '{"page": 1e999}', '{"page": NaN}', "null", '{"page":' + "9" * 5000 + "}",
    ],
    ids=lambda q: q[:30],
)  # fmt: skip
def test_an_argument_that_makes_no_sense_is_refused_with_a_reason(
    world: World, alice: Api, q: str
) -> None:
    """Stock answers many of these with a 500."""
    for path in ("test/leads/", "test/leads/_info"):
        status, answer = alice.ask("GET", path, query_string={"q": q.replace("%00", "\0")})
        assert status == 400, answer
        assert answer["message"]


@pytest.mark.postgres
def test_postgresql_refuses_the_same(postgres_world: World) -> None:
    """It minds types where SQLite does not."""
    alice = postgres_world.as_("alice")
    pk = postgres_world.lead(score=3, owner_id=postgres_world.people["alice"])
    for one in WRONG:
        assert alice.get("test/leads/", q={"filters": [one]})[0] == status_of(one), one
    for column, operator, value in (
        ("status.kind", "in", ["open"]), ("score", "between", [1, 4]), ("owner", "in", ["me"]),
        ("changed_on", "gte", "2020-01-01T00:00:00Z"), ("organization", "contains", "%_\\'pont"),
        ("received_on", "eq", "2027-01-31"), ("tags", "not_in", [1]), ("do_not_call", "eq", False),
    ):  # fmt: skip
        one = {"col": column, "opr": operator, "value": value}
        assert alice.get("test/leads/", q={"filters": [one]})[0] == 200, one
    assert alice.get("test/opportunities/", q={"order_column": "stage"})[0] == 200
    status, answer = alice.put(f"test/leads/{pk}", {"row_version": 1, "score": 4})
    assert (status, answer["result"]["score"]) == (200, 4)


def test_no_request_sees_the_filters_of_another(world: World) -> None:
    """Stock keeps one filter object per view: of 320 such requests up to 21 answered another's."""
    pks = {score: world.lead(score=score) for score in range(1, 6)}
    wrong: list[Any] = []

    def ask(score: int) -> None:
        api = world.as_("alice")
        for _ in range(10):
            one = {"col": "score", "opr": "eq", "value": score}
            answer = api.get("test/leads/", q={"filters": [one]})
            if answer[1].get("ids") != [pks[score]]:
                wrong.append(answer)

    threads = [Thread(target=ask, args=(score,)) for score in pks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# What there is to know ──────────────────────────────────────────────────────────────────────────


def test_info_says_what_may_be_written_and_asked_now(world: World, alice: Api) -> None:
    info = alice.get("test/leads/_info")[1]
    fields = {field["name"]: field for field in info["add_columns"]}
    assert fields["organization"]["max_length"] == 160
    assert fields["score"]["maximum"] == 5
    assert {"name": "contains", "operator": "contains"} in info["filters"]["organization"]
    assert info["permissions"] == ["can_create", "can_delete", "can_edit", "can_read"]
    assert world.as_("claire").get("test/leads/_info?q=(keys:!(add_title))")[1] == {"add_title": ""}


def test_info_lists_no_rows(world: World, alice: Api) -> None:
    """Stock lists the rows of every related table, around base filters."""
    answer = str(alice.get("test/opportunities/_info"))
    assert "Dupont" not in answer
    assert "Lopez" not in answer


def test_a_switched_off_column_leaves_no_trace(world: World, alice: Api) -> None:
    pk = world.lead(agency_id=world.ids["paris"])
    paths = (f"test/leads/{pk}", "test/leads/", "test/leads/_info")
    assert all("agency" not in str(alice.get(path)) for path in paths)
    world.switch(manage_agencies=True)
    assert all("agency" in str(alice.get(path)) for path in paths)
    assert alice.get(paths[0])[1]["result"]["agency"]["label"] == "Paris"
