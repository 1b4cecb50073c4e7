"""An import is written in batches, resumed after an interruption, and undone."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind, Industry
from crm.companies.models import AppSettings, Company, CompanySettings, RoleCell, User
from crm.core.db import db, is_writing, transaction
from crm.core.errors import DomainError
from crm.core.locks import exclusive
from crm.core.rows import unfiltered
from crm.core.transfer import undo as undoing
from crm.core.transfer import writing
from crm.core.transfer.inserting import Insertion
from crm.core.transfer.runs import ImportRow, ImportRun, State
from crm.importing import listing, undo
from crm.leads.models import Lead
from crm.mail.services.templates import CHOSEN_AS
from crm.opportunities.models import Opportunity
from tests.fixtures import Cast
from tests.imports.conftest import Load
from tests.imports.test_lines import ACCOUNTS, HEAD, LEADS, OPPORTUNITIES, count

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]
WITHOUT_KEY = LEADS.replace('key = "external_ref"\n', "")
FILE = "ref,name,mail\n" + "".join(f"{n},Nr {n},\n" for n in range(1, 11))
SECTORS = ACCOUNTS + 'sector = { field = "industry", create = true }\n'


@pytest.fixture
def take_back(app: Flask) -> Callable[..., tuple[list[str], bool]]:
    """What `crm import-undo` does, in Alice's name."""

    def run(import_id: int, username: str = "alice") -> tuple[list[str], bool]:
        with app.app_context():
            return undo(import_id, username)

    return run


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Session], None]], None]:
    """`between(change)`: what others do when the file is checked and not yet written."""
    return partial(before_writing, monkeypatch)


def before_writing(patch: pytest.MonkeyPatch, change: Callable[[Session], None]) -> None:
    stock = writing.Writer.run

    def run(self: writing.Writer) -> None:
        with unfiltered("somebody else"), transaction() as session:
            change(session)
        stock(self)

    patch.setattr(writing.Writer, "run", run)


def break_off(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Batches of two lines, of which only the first `after` are written."""
    stock, calls = Insertion.run, []
    for name in ("FIRST", "LEAST", "MOST"):
        monkeypatch.setattr(writing, name, 2)

    def run(self: Insertion) -> dict[int, DomainError]:
        calls.append(1)
        if len(calls) > after:
            raise KeyboardInterrupt
        return stock(self)

    monkeypatch.setattr(Insertion, "run", run)


def test_a_line_finds_the_parent_of_an_earlier_batch_that_brought_a_word(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST", "LEAST", "MOST"):
        monkeypatch.setattr(writing, name, 2)
    told = load("accounts", "name,parent,sector\nA,,Space\nB,,Sea\nC,A,\nD,B,\n", SECTORS)
    assert "4 records created." in told
    with everything() as session:
        rows = session.scalars(select(Account))
        parents = {row.name: str(row.parent) for row in rows}
    assert parents == {"A": "None", "B": "None", "C": "A", "D": "B"}


@pytest.mark.parametrize("mapping", [LEADS, WITHOUT_KEY])
def test_a_broken_import_goes_on_where_it_was(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch, mapping: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        break_off(patch, after=3)
        with pytest.raises(KeyboardInterrupt):
            load("leads", FILE, mapping)
    with everything() as session:
        assert count(session, Lead) == 6
        assert session.scalars(select(ImportRun)).one().state is State.RUNNING
    told = load("leads", FILE, mapping)
    assert "Import 1 was interrupted after 6 lines; it now resumes." in told
    assert "4 records created." in told
    with everything() as session:
        names = sorted(session.scalars(select(Lead.organization)))
        assert names == sorted(f"Nr {n}" for n in range(1, 11))
        run = session.scalars(select(ImportRun)).one()
        assert (run.state, run.created) == (State.DONE, 10)


def test_a_broken_import_of_distinct_values_makes_no_doubles(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = FILE + "11,Nr 1,\n12,Nr 2,\n"
    distinct = WITHOUT_KEY.replace("[columns]", 'distinct = "name"\n[columns]', 1)
    with pytest.MonkeyPatch.context() as patch:
        break_off(patch, after=3)
        with pytest.raises(KeyboardInterrupt):
            load("leads", file, distinct)
    assert "4 records created." in load("leads", file, distinct)
    with everything() as session:
        assert count(session, Lead) == 10


def test_a_broken_import_is_taken_back(
    load: Load,
    everything: Everything,
    take_back: Callable[..., tuple[list[str], bool]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        break_off(patch, after=3)
        with pytest.raises(KeyboardInterrupt):
            load("leads", FILE, LEADS)
    assert take_back(1) == (["6 records undone."], True)
    with everything() as session:
        assert count(session, Lead, Lead.deleted_at.is_(None)) == 0
        assert session.scalars(select(ImportRun)).one().state is State.UNDONE
    assert "10 records created." in load("leads", FILE, LEADS)


def test_who_lost_their_rights_meanwhile_undoes_no_more(
    load: Load,
    everything: Everything,
    take_back: Callable[..., tuple[list[str], bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load("leads", FILE, LEADS)
    monkeypatch.setattr(undoing, "AT_ONCE", 2)
    barred = update(User).where(User.username == "alice").values(active=False)

    def bar() -> None:
        with unfiltered("somebody else"), transaction() as session:
            session.execute(barred)

    monkeypatch.setattr(undoing, "let_others_write", bar)
    with pytest.raises(DomainError, match="no active user"):
        take_back(1)
    with everything() as session:
        assert count(session, Lead, Lead.deleted_at.is_(None)) == 8


def test_changes_and_words_are_taken_back_too(
    load: Load,
    everything: Everything,
    take_back: Callable[..., tuple[list[str], bool]],
) -> None:
    load("accounts", "name,parent,sector\nA,,Construction\n", SECTORS)
    updating = SECTORS.replace(
        '"external_ref"\n[', '{ field = "external_ref", found = "update" }\n['
    )
    with everything() as session:
        sectors = count(session, Industry)
    told = load("accounts", "name,parent,sector\nA,,Space\nB,A,Space\n", updating)
    assert ("1 record created." in told, "1 record updated." in told) == (True, True)
    used = "Line 3: Used by 1 record; deactivate it instead."  # by B, which is in the bin
    assert take_back(2) == ([used, "2 records undone.", "1 record kept."], False)
    with everything() as session:
        rows = session.scalars(select(Account).where(Account.deleted_at.is_(None)))
        assert [(row.name, str(row.industry)) for row in rows] == [("A", "Construction")]
        assert count(session, Industry) == sectors + 1


def test_who_became_a_client_by_a_won_line_stays_one(
    load: Load,
    everything: Everything,
    take_back: Callable[..., tuple[list[str], bool]],
) -> None:
    load("accounts", "name,parent\nA,\n", ACCOUNTS)
    load("opportunities", HEAD + "1;A;Won;10;01/02/17;\n2;A;Won;10;01/02/17;\n", OPPORTUNITIES)
    with everything() as session:
        assert session.scalars(select(Account)).one().kind is AccountKind.CLIENT
    stays = [
        "Line 2: A client cannot become a prospect again.",
        "2 records undone.",
        "1 record kept.",
    ]
    assert take_back(2) == (stays, False)
    with everything() as session:
        assert count(session, Opportunity, Opportunity.deleted_at.is_(None)) == 0


def test_what_was_changed_since_stays_and_says_so(
    load: Load,
    everything: Everything,
    take_back: Callable[..., tuple[list[str], bool]],
) -> None:
    load("leads", FILE, LEADS)
    with everything() as session:
        session.scalars(select(Lead).where(Lead.external_ref == "3")).one().city = "Lyon"
    assert take_back(1) == (
        ["Line 4: “Nr 3” has been changed since.", "9 records undone.", "1 record kept."],
        False,
    )


def test_only_what_is_ones_own_to_delete_is_taken_back(
    load: Load, take_back: Callable[..., tuple[list[str], bool]]
) -> None:
    load("leads", "ref,name,mail\n1,Élan,\n", LEADS)
    told = [
        "Line 2: The record no longer exists, or you are not allowed to edit it.",
        "0 records undone.",
    ]
    assert take_back(1, "olga") == ([*told, "1 record kept."], False)
    with pytest.raises(DomainError, match="Import 7 does not exist"):
        take_back(7)


def test_a_record_with_the_id_of_a_purged_one_is_not_taken_back(
    load: Load, everything: Everything, take_back: Callable[..., tuple[list[str], bool]]
) -> None:
    load("leads", "ref,name,mail\n1,Élan,\n", LEADS)
    with everything() as session:
        session.delete(session.scalars(select(Lead)).one())
    load("leads", "ref,name,mail\n2,Faro,\n", LEADS)  # on SQLite with the same id
    told = [
        "Line 2: The record no longer exists, or you are not allowed to edit it.",
        "0 records undone.",
    ]
    assert take_back(1) == ([*told, "1 record kept."], False)
    with everything() as session:
        assert count(session, Lead, Lead.deleted_at.is_(None)) == 1


def test_others_may_write_while_an_import_is_taken_back(
    load: Load,
    take_back: Callable[..., tuple[list[str], bool]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    free: list[bool] = []
    load("leads", FILE, LEADS)
    monkeypatch.setattr(undoing, "AT_ONCE", 3)
    monkeypatch.setattr(
        undoing, "let_others_write", lambda: free.append(not is_writing(db.session()))
    )
    assert take_back(1) == (["10 records undone."], True)
    assert free == [True] * 4


def test_one_import_is_at_work_at_a_time(app: Flask, load: Load) -> None:
    refused = pytest.raises(DomainError, match="Another import is running")
    with app.app_context(), exclusive(app.extensions["crm.config"], "import", waits=False), refused:
        load("leads", FILE, LEADS)
    assert load("leads", FILE, LEADS).is_written


def test_the_last_imports_are_listed(app: Flask, load: Load) -> None:
    load("leads", FILE, LEADS)
    with app.app_context():
        assert [line.rpartition("  ")[2] for line in listing()] == [
            "file.csv: 10 created, 0 updated"
        ]


def test_a_wrong_file_leaves_nothing(load: Load, everything: Everything) -> None:
    load("leads", FILE + "11,,\n", LEADS)
    with everything() as session:
        assert (count(session, ImportRun), count(session, ImportRow)) == (0, 0)


def test_what_went_wrong_since_it_was_checked_is_told_by_its_line(
    load: Load, everything: Everything, between: Callable[..., None], cast: Cast
) -> None:
    load("accounts", "name,parent\nA,\nB,\n", ACCOUNTS)

    def change(session: Session) -> None:
        session.execute(update(Account).where(Account.name == "A").values(deleted_at=func.now()))
        session.add(Opportunity(**_least(cast), external_ref="3"))

    between(change)
    told = load("opportunities", HEAD + "1;A;New;;;\n2;B;New;;;\n3;B;New;;;\n", OPPORTUNITIES)
    assert told.lines[:2] == [
        "Line 2: Client / Prospect [client]: Choose a value from the list.",
        "Line 4: External reference [ref]: This value is already used.",
    ]
    assert "1 record created." in told
    assert not told.is_written, "it is not in as it was asked for"


def _least(cast: Cast) -> dict[str, Any]:
    return {
        "name": "x", "reference": "X1", "company_id": cast.france, "stage_id": 1,
        "probability": 10, "currency": "EUR",
    }  # fmt: skip


def test_who_lost_their_rights_meanwhile_writes_nothing(
    load: Load, everything: Everything, between: Callable[..., None]
) -> None:
    between(
        lambda session: session.execute(
            update(User).where(User.username == "claire").values(active=False)
        )
    )
    with pytest.raises(DomainError, match="no longer has the right"):
        load("leads", FILE, LEADS, username="claire")
    with everything() as session:
        assert count(session, Lead) == 0


def test_whose_role_lost_the_right_meanwhile_goes_on_when_it_is_back(
    load: Load, everything: Everything
) -> None:
    def scope_of_leads(scope: int) -> Callable[[Session], None]:
        cells = update(RoleCell).where(RoleCell.entity == "leads")
        return lambda session: session.execute(cells.values(scope=scope))

    with pytest.MonkeyPatch.context() as patch:
        before_writing(patch, scope_of_leads(0))
        with pytest.raises(DomainError, match="You are not allowed to import these records"):
            load("leads", FILE, LEADS, username="claire")
    with everything() as session:
        assert count(session, Lead) == 0
        assert session.scalars(select(ImportRun)).one().state is State.RUNNING
        scope_of_leads(1)(session)
    assert "10 records created." in load("leads", FILE, LEADS, username="claire")


def test_what_is_switched_off_meanwhile_is_not_written(
    load: Load, everything: Everything, between: Callable[..., None]
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).manage_agencies = True
    between(lambda session: session.execute(update(AppSettings).values(manage_agencies=False)))
    mapping = LEADS + 'office = "agency"\n'
    with pytest.raises(DomainError, match="Switched off by the setting"):
        load("leads", "ref,name,mail,office\n1,Faro,,Lyon\n", mapping)
    with everything() as session:
        assert count(session, Lead) == 0


def test_a_company_that_is_imported_sends_what_ships(load: Load, everything: Everything) -> None:
    maps = Path(__file__).parent / "sales"
    assert "1 record created." in load(
        "companies", maps / "companies.csv", maps / "companies.toml", company=None
    )
    with everything() as session:
        company = session.scalars(select(Company).where(Company.code == "SALES")).one()
        chosen = session.scalars(
            select(CompanySettings).where(CompanySettings.company_id == company.id)
        ).one()
        assert all(getattr(chosen, name).kind == kind for name, kind in CHOSEN_AS.items())
