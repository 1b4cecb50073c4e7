"""Every line passes the checks of the form, as a user; wrong ones are reported by number."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact, Industry
from crm.companies.models import Agency, AppSettings, Group, User
from crm.core.journal import Journal
from crm.core.transfer import entries, writing
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity, Stage, StageKind, StageTime
from tests.fixtures import Cast
from tests.imports.conftest import Load

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]

LEADS = """
key = "external_ref"
[columns]
ref = "external_ref"
name = "organization"
mail = "email"
"""
OPPORTUNITIES = """
key = { field = "external_ref", found = "update" }
[columns]
ref = ["external_ref", "name"]
client = { field = "account", by = "name" }
stage = "stage"
amount = { field = "amount", decimal = "," }
closed = { field = "closed_on", format = "%d/%m/%y" }
owner = { field = "owner", by = "username" }
[defaults]
lost_reason = { value = "Autre", when = { stage = "Lost" } }
lost_comment = { value = "imported", when = { stage = "Lost" } }
"""
HEAD = "ref;client;stage;amount;closed;owner\n"
ACCOUNTS = """
key = "external_ref"
[columns]
name = ["external_ref", "name"]
parent = { field = "parent", by = "external_ref" }
"""


def count(session: Session, model: type, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


@pytest.mark.accept("A-91")
def test_a_file_imported_twice_makes_no_doubles(load: Load, everything: Everything) -> None:
    file = "ref,name,mail\n1,Élan,a@elan.fr\n2,Faro,\n"
    assert "2 records created." in load("leads", file, LEADS)
    again = load("leads", file, LEADS)
    assert "0 records created." in again
    assert "2 records already existed." in again
    with everything() as session:
        assert count(session, Lead) == 2


@pytest.mark.accept("A-91")
def test_found_ones_are_updated_where_the_map_says_so(load: Load, everything: Everything) -> None:
    load("leads", "ref,name,mail\n1,Élan,a@elan.fr\n", LEADS)
    updating = LEADS.replace('"external_ref"\n[', '{ field = "external_ref", found = "update" }\n[')
    for expected in ("1 record updated.", "1 record already existed."):
        told = load("leads", "ref,name,mail\n1,Élan SAS,\n", updating)
        assert "0 records created." in told
        assert expected in told
    with everything() as session:
        lead = session.scalars(select(Lead).where(Lead.external_ref == "1")).one()
        assert (lead.organization, lead.email) == ("Élan SAS", "a@elan.fr")  # empty says nothing


def test_the_same_key_twice_in_one_file_is_one_record(load: Load) -> None:
    told = load("leads", "ref,name,mail\n1,Élan,\n1,Élan,\n2,Faro,\n", LEADS)
    assert "2 records created." in told
    assert "1 record already existed." in told


@pytest.mark.accept("A-20")
def test_all_or_nothing(load: Load, everything: Everything) -> None:
    told = load("leads", "ref,name,mail\n1,Élan,nowhere\n2,Faro,\n3,,\n", LEADS)
    assert not told.is_written
    needed = "Enter a last name or an organisation."
    assert [line for line in told.lines if line.startswith("Line")] == [
        "Line 2: E-mail [mail]: Add the domain after “@”, such as name@company.com",
        f"Line 4: Last name: {needed} Organisation [name]: {needed}",
    ]
    assert "Nothing was imported: 2 lines contain errors." in told
    with everything() as session:
        assert count(session, Lead) == 0
        assert count(session, Journal, Journal.kind == "lead") == 0


def test_bad_lines_are_left_out_on_demand(load: Load, everything: Everything) -> None:
    file = "ref,name,mail\n" + "".join(
        f"{n},Nr {n},{'nowhere' if n % 7 == 3 else ''}\n" for n in range(40)
    )
    told = load("leads", file, LEADS, skip_bad=True)
    assert told.is_written
    assert "6 lines skipped." in told
    with everything() as session:
        assert count(session, Lead) == 34
        assert count(session, Journal, Journal.kind == "lead") == 34


def test_what_the_database_alone_refuses_is_told_by_line(
    load: Load, everything: Everything, cast: Cast
) -> None:
    with_siren = 'key = "external_ref"\n[columns]\nref = ["external_ref", "name"]\nsiren = "siren"'
    told = load("accounts", "ref,siren\nA,552100554\nB,\nC,552100554\n", with_siren)
    assert [line for line in told.lines if line.startswith("Line")] == [
        "Line 4: SIREN [siren]: This value is already used."
    ]


@pytest.mark.accept("A-92")
def test_a_subsidiary_stands_before_its_parent(load: Load, everything: Everything) -> None:
    load("accounts", "name,parent\nSub sub,Sub\nSub,Top\nTop,\nOther,\n", ACCOUNTS)
    with everything() as session:
        rows = session.scalars(select(Account))
        assert {row.name: str(row.parent) for row in rows} == {
            "Sub sub": "Sub",
            "Sub": "Top",
            "Top": "None",
            "Other": "None",
        }


def test_a_parent_may_stand_in_a_batch_where_no_line_has_one(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BATCH", 2)
    told = load("accounts", "name,parent\nA,\nB,\nC,\nD,A\nE,C\n", ACCOUNTS)
    assert "5 records created." in told
    with everything() as session:
        parents = {row.name: str(row.parent) for row in session.scalars(select(Account))}
    assert (parents["D"], parents["E"]) == ("A", "C")


@pytest.mark.accept("A-92")
def test_an_unknown_parent_is_an_error_of_its_line(load: Load, everything: Everything) -> None:
    file = "name,parent\nSub sub,Sub\nSub,Nobody\nTop,\n"
    told = load("accounts", file, ACCOUNTS, skip_bad=True)
    assert "Line 2: Parent account [parent]: “Sub” is unknown." in told
    assert "Line 3: Parent account [parent]: “Nobody” is unknown." in told
    with everything() as session:
        assert [row.name for row in session.scalars(select(Account))] == ["Top"]


@pytest.mark.accept("A-92")
def test_one_record_for_each_different_value(load: Load, everything: Everything) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).manage_agencies = True
    offices = 'key = "name"\ndistinct = "office"\n[columns]\noffice = "name"'
    file = "agent,office\n" + "".join(
        f"{n},{('Central', 'East', 'West')[n % 3]}\n" for n in range(35)
    )
    told = load("agencies", file, offices)
    assert "3 records created." in told
    assert "3 records already existed." in load("agencies", file, offices)
    with everything() as session:
        assert count(session, Agency) == 2 + 3  # with the cast's


@pytest.mark.accept("A-93")
def test_a_won_line_without_account_is_refused(load: Load) -> None:
    told = load("opportunities", HEAD + "1;;Won;10;01/02/17;\n", OPPORTUNITIES)
    assert told.lines[-2] == (
        "Line 2: Client / Prospect [client]: Choose a client before winning the opportunity."
    )


@pytest.mark.accept("A-93")
def test_closed_lines_are_closed_with_what_that_needs(load: Load, everything: Everything) -> None:
    load("accounts", "name,parent\nÉlan,\n", ACCOUNTS)
    file = "1;elan;Won;1 234,50;31/01/17;claire\n2;;Lost;0;01/02/17;hugo\n3;élan;New;;;\n"
    load("opportunities", HEAD + file, OPPORTUNITIES)
    with everything() as session:
        won, lost, new = session.scalars(select(Opportunity).order_by(Opportunity.external_ref))
        assert (won.stage.kind, won.amount, won.probability) == (
            StageKind.WON,
            Decimal("1234.5"),
            100,
        )
        assert str(won.closed_on) == "2017-01-31"
        assert (won.account.name, won.account.kind) == ("Élan", "client")
        assert (str(lost.lost_reason), lost.lost_comment) == ("Other", "imported")
        assert (new.stage.kind, new.lost_reason, new.closed_on) == (StageKind.OPEN, None, None)


def test_an_open_one_is_won_by_a_later_file(load: Load, everything: Everything) -> None:
    load("accounts", "name,parent\nÉlan,\n", ACCOUNTS)
    load("opportunities", HEAD + "1;Élan;New;;;claire\n", OPPORTUNITIES)
    told = load("opportunities", HEAD + "1;Élan;Won;10;01/02/17;claire\n", OPPORTUNITIES)
    assert "1 record updated." in told
    with everything() as session:
        won = session.scalars(select(Opportunity)).one()
        assert (won.stage.kind, won.amount) == (StageKind.WON, 10)


def test_closed_ones_were_in_an_open_stage_before(load: Load, everything: Everything) -> None:
    load("accounts", "name,parent\nÉlan,\n", ACCOUNTS)
    load(
        "opportunities",
        HEAD + "1;elan;Won;10;31/01/17;claire\n2;elan;New;;;claire\n",
        OPPORTUNITIES,
    )
    told = load("opportunities", HEAD + "2;elan;Won;;01/02/17;claire\n", OPPORTUNITIES)
    assert "1 record updated." in told
    with everything() as session:
        asked = select(Opportunity.external_ref, Stage.kind, StageTime.left_at)
        asked = asked.join(StageTime.opportunity).join(StageTime.stage).order_by(StageTime.id)
        found = [(ref, kind.value, left is None) for ref, kind, left in session.execute(asked)]
    assert found == [
        ("1", "open", False), ("1", "won", True), ("2", "open", False), ("2", "won", True),
    ]  # fmt: skip


def test_a_file_of_dates_says_which_is_none(load: Load) -> None:
    told = load("opportunities", HEAD + "1;;Lost;1,5,0;2017-02-31;bob\n", OPPORTUNITIES)
    assert told.lines[-2] == (
        "Line 2: Amount [amount]: “1,5,0” is not a number, for example 1.234,50."
        " Closed on [closed]: “2017-02-31” is not a date in the format %d/%m/%y."
        " Assigned to [owner]: “bob” is unknown."
    )


@pytest.mark.accept("A-94")
def test_a_moment_at_either_end_of_time_is_an_error_of_its_line(load: Load) -> None:
    at = '{ field = "starts_at", format = "%d/%m/%Y %H:%M" }'
    mapping = f'key = "external_ref"\n[columns]\nref = ["external_ref", "subject"]\nat = {at}\n'
    told = load("events", "ref,at\n1,01/01/0001 00:00\n2,31/12/9999 23:59\n", mapping)
    year = "Start [at]: Enter a year between 1900 and 2200."
    assert told.lines[:2] == [f"Line 2: {year}", f"Line 3: {year}"]


@pytest.mark.parametrize("name", ["latin9x", "base64"])
def test_an_encoding_that_there_is_not_is_said(refusal: Callable[..., str], name: str) -> None:
    told = refusal("leads", "ref,name,mail\n1,Élan,\n", f'encoding = "{name}"\n{LEADS}')
    assert told == f"The file is not text in the encoding {name}."


def test_an_empty_separator_parts_nothing(load: Load) -> None:
    mapping = f'{LEADS}tag = {{ field = "tags", separator = "" }}\n'
    told = load("leads", "ref,name,mail,tag\n1,Élan,,nope\n", mapping)
    assert "Line 2: Tags [tag]: “nope” is unknown." in told


def test_an_import_into_another_company_is_refused(refusal: Callable[..., str]) -> None:
    assert "ACME-ES" in refusal(
        "leads", "ref,name,mail\n", LEADS, company="ACME-ES", username="claire"
    )


@pytest.mark.accept("A-94")
def test_who_may_only_own_cannot_hand_out(load: Load) -> None:
    file = HEAD + "1;;New;;;claire\n2;;New;;;hugo\n3;;New;;;\n"
    told = load("opportunities", file, OPPORTUNITIES, username="claire")
    assert told.lines[-2:] == [
        "Line 3: Assigned to [owner]: You can only assign this record to yourself.",
        "Nothing was imported: 1 line contains an error.",
    ]


def test_what_one_may_not_edit_is_an_error_of_its_line(load: Load) -> None:
    load("opportunities", HEAD + "1;;New;;;hugo\n", OPPORTUNITIES)
    told = load("opportunities", HEAD + "1;;New;5;;\n", OPPORTUNITIES, username="claire")
    assert "Line 2: You are not allowed to edit this record." in told


@pytest.mark.parametrize("name", ["audrey", "nadia", "theo"])
def test_who_may_not_create_may_not_import(refusal: Callable[..., str], name: str) -> None:
    file = "ref,name,mail\n1,Élan,\n"
    assert refusal("leads", file, LEADS, username=name) in (
        "You are not allowed to import these records.",
        "The company “ACME-FR” does not exist.",
    )


@pytest.mark.accept("A-82")
def test_another_companys_record_is_unknown(load: Load) -> None:
    load("accounts", "name,parent\nIbérica,\n", ACCOUNTS, company="ACME-ES")
    told = load("opportunities", HEAD + "1;Ibérica;New;;;\n", OPPORTUNITIES)
    assert "Line 2: Client / Prospect [client]: “Ibérica” is unknown." in told


@pytest.mark.accept("A-82")
def test_somebody_of_another_company_is_unknown(load: Load) -> None:
    file = HEAD + "1;;New;;;olga\n2;;New;;;nobody\n"
    told = load("opportunities", file, OPPORTUNITIES, username="marc")
    assert told.lines[:2] == [
        "Line 2: Assigned to [owner]: “olga” is unknown.",
        "Line 3: Assigned to [owner]: “nobody” is unknown.",
    ]


@pytest.mark.accept("A-81")
def test_references_and_numbers_are_each_companys_own(load: Load, everything: Everything) -> None:
    file = 'key = "external_ref"\n[columns]\nref = ["external_ref", "name"]\nsiren = "siren"'
    for company, username in (("ACME-FR", "claire"), ("ACME-ES", "olga")):
        told = load(
            "accounts", "ref,siren\nA,552100554\n", file, company=company, username=username
        )
        assert told.is_written
    with everything() as session:
        assert [row.reference for row in session.scalars(select(Account))] == ["T00001", "T00001"]


@pytest.mark.accept("A-04")
def test_only_assignable_people_own_accounts(
    load: Load, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        settings, sales = session.get_one(AppSettings, 1), session.get_one(Group, cast.sales)
        settings.assignable_groups, settings.assignable_users = [sales], "groups"
    owned = ACCOUNTS + 'owner = { field = "owner", by = "username" }\n'
    told = load("accounts", "name,parent,owner\nA,,hugo\nB,,nadia\n", owned)
    assert [line for line in told.lines if line.startswith("Line")] == [
        "Line 3: Account owner [owner]: Only members of Sales can own this account."
    ]


def test_people_and_their_teams(load: Load, everything: Everything) -> None:
    teams = 'key = "name"\ndistinct = "team"\n[columns]\nteam = "name"\n[constants]\nis_team = true'
    people = """
key = "username"
[columns]
name = [
    { field = "first_name", take = "first" },
    { field = "last_name", take = "rest" },
    { field = "username", take = "slug" },
]
team = "groups"
[constants]
roles = "Salesperson"
[defaults]
email = "{slug}@example.com"
"""
    file = "name,team\nÉlise d'Arc,North\nBob van Dam,North\n"
    load("groups", file, teams, company=None)
    assert "2 records created." in load("users", file, people)
    with everything() as session:
        user = session.scalars(select(User).where(User.username == "elise-d-arc")).one()
        assert (str(user), user.email) == ("Élise d'Arc", "elise-d-arc@example.com")
        assert [group.name for group in user.groups] == ["North"]
        assert [company.code for company in user.companies] == ["ACME-FR"]
        assert not user.password


def test_only_who_administers_imports_people(refusal: Callable[..., str]) -> None:
    people = 'key = "username"\n[columns]\nn = ["username", "last_name"]'
    assert (
        refusal("users", "n\nbob\n", people, username="marc")
        == "You are not allowed to import these records."
    )


def test_a_contact_comes_with_its_account(load: Load, everything: Everything) -> None:
    load("accounts", "name,parent\nÉlan,\n", ACCOUNTS)
    contacts = """
key = "external_ref"
[columns]
name = ["external_ref", "last_name"]
account = { field = "links.account", by = "name" }
"""
    file = "name,account\nRoy,Élan\nDuval,\nPetit,Nobody\n"
    told = load("contacts", file, contacts, skip_bad=True)
    assert "Line 4: Account [account]: “Nobody” is unknown." in told
    with everything() as session:
        rows = session.scalars(select(Contact))
        assert {row.last_name: [str(link.account) for link in row.links] for row in rows} == {
            "Roy": ["Élan"],
            "Duval": [],
        }


def test_a_vocabulary_learns_words_where_the_map_lets_it(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BATCH", 2)
    sectors = ACCOUNTS + 'sector = { field = "industry", create = true }\n'
    file = "name,parent,sector\nA,,Space\nB,,space\nC,,Construction\nD,,Space\n"
    with everything() as session:
        before = count(session, Industry)
    load("accounts", file, sectors)
    with everything() as session:
        assert count(session, Industry) == before + 1
        rows = session.scalars(select(Account).order_by(Account.name))
        assert [str(row.industry) for row in rows] == ["Space", "Space", "Construction", "Space"]


def test_a_word_goes_with_the_line_that_brought_it(load: Load, everything: Everything) -> None:
    sectors = ACCOUNTS + 'sector = { field = "industry", create = true }\nmail = "email"\n'
    file = "name,parent,sector,mail\nA,,Space,nowhere\nB,,Construction,\nC,,Sea,\n"
    load("accounts", file, sectors, skip_bad=True)
    with everything() as session:
        names = [str(row) for row in session.scalars(select(Industry))]
        assert "Sea" in names
        assert "Space" not in names


def test_numbers_go_on_where_the_last_batch_ended(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "BATCH", 3)
    file = "name,parent\n" + "".join(f"{letter},\n" for letter in "ABCDEFGH")
    load("accounts", file, ACCOUNTS)
    load("accounts", "name,parent\nI,\n", ACCOUNTS)
    with everything() as session:
        rows = session.scalars(select(Account).order_by(Account.id))
        assert [row.reference for row in rows] == [f"T{n:05d}" for n in range(1, 10)]


def test_the_statements_do_not_follow_the_lines(
    load: Load,
    counting: Callable[[], AbstractContextManager[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "FIRST", 500)  # lines in the first batch

    def statements(first: int, last: int) -> int:
        file = "ref,name,mail\n" + "".join(f"{n},Nr {n},\n" for n in range(first, last))
        with counting() as told:
            load("leads", file, LEADS)
        # SQLite is given the rows of one INSERT one by one.
        return len([text for text in told if not text.startswith("INSERT INTO lead ")])

    statements(0, 10)
    assert statements(100, 500) <= statements(10, 20) + 2
