"""An import does what the form does and no more: switches, vocabularies, texts, and its cost."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.companies.models import AppSettings, User
from crm.opportunities.models import Opportunity
from tests.imports.conftest import Load
from tests.imports.test_lines import ACCOUNTS, HEAD, LEADS, OPPORTUNITIES

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]
SECTORS = ACCOUNTS + 'sector = { field = "industry", create = true }\n'


@pytest.mark.parametrize(
    ("entity", "map_line", "place"),
    [
        ("leads", 'office = "agency"', "columns.office: "),
        ("opportunities", 'fee = "recurring_amount"', "columns.fee: "),
        ("agencies", 'office = "name"', ""),
    ],
)
def test_what_is_switched_off_is_not_imported(
    refusal: Callable[..., str],
    load: Load,
    everything: Everything,
    entity: str,
    map_line: str,
    place: str,
) -> None:
    setting = (
        "Manage recurring revenue on opportunities" if "fee" in map_line else "Agencies management"
    )
    told = refusal(entity, "office,fee\nLyon,1\n", f"[columns]\n{map_line}")
    assert told == f"{place}Switched off by the setting “{setting}”."
    with everything() as session:
        settings = session.get_one(AppSettings, 1)
        settings.manage_agencies = settings.manage_recurring = True
    load(entity, "office,fee\nNice,1\n", f"[columns]\n{map_line}")  # it begins


def test_who_may_not_add_to_a_vocabulary_is_told_which(load: Load) -> None:
    told = load("accounts", "name,parent,sector\nA,,Space\n", SECTORS, username="claire")
    assert told.lines[0] == (
        "Line 2: Industry [sector]: “Space” is new, and you are not allowed"
        " to add values to this list."
    )


def test_numbers_and_dates_are_read_as_in_the_persons_form(
    load: Load, everything: Everything
) -> None:
    with everything() as session:
        session.scalars(select(User).where(User.username == "alice")).one().language = "fr"
    mapping = OPPORTUNITIES.replace(', decimal = ","', "").replace(', format = "%d/%m/%y"', "")
    load("accounts", "name,parent\nA,\n", ACCOUNTS)
    assert load(
        "opportunities", HEAD + "1;A;Won;1\u202f234,56\u00a0€;31/01/2027;\n", mapping
    ).is_written
    told = load("opportunities", HEAD + "2;A;Won;12.500;31/01/2027;\n", mapping)
    assert "«\u00a012.500\u00a0» n’est pas un nombre, par exemple 1\u202f234,50." in told
    with everything() as session:
        won = session.scalars(select(Opportunity)).one()
        assert (won.amount, str(won.closed_on)) == (Decimal("1234.56"), "2027-01-31")


def test_a_country_may_be_named(load: Load, everything: Everything) -> None:
    mapping = ACCOUNTS + 'country = "addresses.country"\n'
    load("accounts", "name,parent,country\nA,,Allemagne\nB,,Spain\n", mapping)
    with everything() as session:
        rows = session.scalars(select(Account).order_by(Account.name))
        assert [row.addresses[0].country for row in rows] == ["DE", "ES"]


def test_a_wrong_line_costs_no_more_than_a_right_one(
    load: Load, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    def cost(file: str) -> int:
        with counting() as told:
            load("leads", file, LEADS)
        return len(told)

    def lines(ref: str, mail: str) -> str:
        return "ref,name,mail\n" + "".join(f"{ref}{n},Nr {n},{mail}\n" for n in range(100))

    cost(lines("a", ""))
    assert cost(lines("b", "nowhere")) <= cost(lines("c", ""))
