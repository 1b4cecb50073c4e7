"""One search: the beginnings of words first, then parts; through accounts that one may read."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event
from crm.cli import main
from crm.companies.models import RoleCell
from crm.core.actor import Scope
from crm.core.db import db, transaction
from crm.core.models.words import terms, words, words_of_value
from crm.core.search import Way, find, indexes, lookup
from crm.core.types import utcnow
from crm.importing import undo
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.purging import purge
from crm.quotes.models import Quote
from tests.factories import make, remove, save, table_of
from tests.fixtures import Acting, Cast, Client
from tests.imports.conftest import Load, load

__all__ = ["load"]

Everything = Callable[[], AbstractContextManager[Session]]
AsUser = Callable[[str], Client]


def found(session: Session, model: type[Any], text: str) -> list[str]:
    """The names of the rows that a text finds, as a list reads them."""
    match = find(session, model, text)
    assert match is not None
    read, counted = (
        list(session.scalars(table_of(model).select(where).order_by(model.id)).unique())
        for where in (match.where, match.counted)
    )
    assert read == counted
    return [str(row) for row in read]


def way(session: Session, model: type[Any], text: str) -> str:
    match = find(session, model, text)
    assert match is not None
    return match.way


# Words ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Élan & Cie", ["elan", "cie"]),
        ("Müller-Weiß", ["muller", "weiss"]),
        ("L’Œuvre d'art", ["l", "oeuvre", "d", "art"]),
        ("marie.roy@acme.fr", ["marie", "roy", "acme", "fr"]),
        ("50 % \\ _ '\"", ["50"]),
        ("हिन्दी 山田", ["हिनदी", "山田"]),
        ("…", []),
    ],
)
def test_words_are_folded_and_without_signs(typed: str, kept: list[str]) -> None:
    assert words(typed) == kept


def test_numbers_are_kept_as_runs_of_digits() -> None:
    assert list(words_of_value("phone", "+33612345678")) == ["33612345678", "612345678"]
    assert list(words_of_value("phone", "1")) == ["1"]
    assert list(words_of_value("text", "T00042")) == ["t00042", "42"]
    assert list(words_of_value("text", "OPP-2026-0012")) == ["opp", "2026", "0012", "20260012"]


def test_numbers_are_meant_without_blanks_and_leading_zeros() -> None:
    assert terms("06 12 34") == [(("06", "12", "34"), ("61234",), ("061234",))]
    assert terms("dupont 12 dupont") == [(("dupont",),), (("12",),)]
    assert terms("01 44 44 44")[0][1:] == (("1444444",), ("01444444",))
    assert terms("1 2 3 4 5 6 7 8 9 0")[0][1:] == (("1234567890",),)


# What is found ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.both
def test_the_beginning_of_each_word_finds_in_any_order(acting: Acting) -> None:
    with acting("claire") as session:
        make(Lead, organization="Fonderie Élan", first_name="Zoé", last_name="Marchetti")
        make(Lead, organization="Fonderie Faro")
        for typed in ("elan", "ÉLAN fond", "zoe march", "marchetti, fonderie élan"):
            assert found(session, Lead, typed) == ["Fonderie Élan, Zoé Marchetti"], typed
        assert len(found(session, Lead, "fond")) == 2
        assert found(session, Lead, "fonderie zurich") == []
        assert find(session, Lead, "  ") is None


@pytest.mark.both
@pytest.mark.parametrize(
    "typed",
    [
        "0612345678",
        "06 12 34 56 78",
        "+33 6 12 34",
        "0033612",
        "612345",
        "06.12.34",
        "06 12 34 34",
        "+33 (0)6 12",
        "roy 06 12",
    ],
)
def test_a_phone_number_is_found_however_it_is_typed(typed: str, acting: Acting) -> None:
    with acting("claire") as session:
        make(Contact, last_name="Roy", mobile="+33612345678", phone="+33612343456")
        make(Contact, last_name="Lo", mobile="+33712345678")
        assert found(session, Contact, typed) == ["Roy"]


@pytest.mark.both
@pytest.mark.parametrize("typed", ["+39 06 6982", "06 6982", "0039066982", "066982"])
def test_a_number_whose_zero_belongs_to_it_is_found(typed: str, acting: Acting) -> None:
    with acting("claire") as session:
        make(Contact, last_name="Vati", phone="+390669824567")
        make(Contact, last_name="Lo", phone="+33712345678")
        assert found(session, Contact, typed) == ["Vati"]


@pytest.mark.both
@pytest.mark.parametrize("typed", ["04 65 71 20 18", "noel", "nadia n", "+33 (0)4 65", "046571"])
def test_a_person_of_the_house_is_found_by_name_and_phone(
    typed: str, acting: Acting, cast: Cast
) -> None:
    with acting("alice") as session:
        session.get(User, cast.nadia).phone = "+33465712018"
    with acting("alice") as session:
        assert found(session, User, typed) == ["Nadia Noël"]
        assert found(session, User, "%") == []


@pytest.mark.both
def test_a_reference_is_found_by_its_digits(acting: Acting) -> None:
    with acting("claire") as session:
        make(Account, name="Phare", siren="552100554")
        assert found(session, Account, "t00001") == ["Phare"]
        assert found(session, Account, "1") == ["Phare"]
        assert found(session, Account, "552 100") == ["Phare"]


@pytest.mark.both
def test_where_no_word_begins_so_a_part_inside_a_word_finds(acting: Acting) -> None:
    with acting("claire") as session:
        make(Lead, organization="Bricorama", email="info@brico-nord.example")
        make(Lead, organization="Orama")
        assert found(session, Lead, "orama") == ["Orama"]
        assert way(session, Lead, "orama") is Way.BEGINNING
        assert found(session, Lead, "corama") == ["Bricorama"]
        assert way(session, Lead, "corama") is Way.INSIDE
        assert found(session, Lead, "corama nord") == ["Bricorama"]
        assert found(session, Lead, "ico") == ["Bricorama"]
        assert found(session, Lead, "co") == ["Bricorama"], "too short for the index of parts"
        assert found(session, Lead, "zzz") == []


@pytest.mark.both
def test_an_account_finds_its_opportunities_quotes_and_events(acting: Acting) -> None:
    with acting("claire") as session:
        account = make(Account, name="Phare Ouest")
        make(Opportunity, name="Contrat", account=account)
        make(Opportunity, name="Phare seul")
        make(Quote, title="Pompes", account=account)
        make(Event, subject="Visite", account=account)
        for model, name in ((Opportunity, "Contrat"), (Quote, "Pompes"), (Event, "Visite")):
            assert found(session, model, "ouest") == [name]
        assert found(session, Event, "ouest vis") == ["Visite"], "a word in each"
        assert found(session, Event, "hare oues") == ["Visite"], "inside a word of the account"
        assert found(session, Event, "ouest autre") == []
        assert found(session, Opportunity, "phare") == ["Contrat", "Phare seul"]
        save(account, name="Port")
        assert found(session, Quote, "phare") == []
        assert found(session, Quote, "port") == ["Pompes"], "by the account, not by a copy"


@pytest.mark.both
def test_a_word_of_any_length_is_kept_and_asked_for(acting: Acting) -> None:
    with acting("claire"):
        make(Lead, organization="\ufdfa" * 160)  # one character that folds into a sentence
        make(Lead, organization="x" * 160)
    with acting("claire") as session:
        for typed in ("x" * 3_000, "\ufdfa" * 300, "1" * 3_000):
            match = find(session, Lead, typed)
            assert match is not None
            session.scalars(select(Lead).where(match.where)).all()


def test_an_account_that_one_may_not_read_finds_nothing(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with acting("claire") as session:
        binned = make(Account, name="Phare Binned")
        hugos = make(Account, name="Phare Hugo")
        for account in (binned, hugos):
            make(Opportunity, name=f"Contrat {account.id}", account=account)
        binned.deleted_at = utcnow()
        session.flush()
        assert found(session, Opportunity, "phare") == [f"Contrat {hugos.id}"]
    with everything() as session:
        session.get_one(Account, hugos.id).owner_id = cast.hugo
        role = select(Role.id).where(Role.code == "salesperson").scalar_subquery()
        theirs = (
            RoleCell.role_id == role,
            RoleCell.entity == "accounts",
            RoleCell.action == "read",
        )
        session.scalars(select(RoleCell).where(*theirs)).one().scope = int(Scope.OWN)
    with acting("claire") as session:
        assert found(session, Account, "phare") == []
        for typed in ("phare", "hugo", "hare", "phare contrat"):
            assert found(session, Opportunity, typed) == [], typed
        assert len(found(session, Opportunity, "contrat")) == 2


@pytest.mark.both
def test_many_hits_are_the_same_rows_as_few(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting("claire") as session:
        account = make(Account, name="Phare Ouest")
        for number in range(6):
            make(Opportunity, name=f"Contrat {number}", account=account if number % 2 else None)
        asked = ("contrat", "phare", "contrat phare", "ouest contrat 3", "trat", "hare 5", "none")
        few = {typed: found(session, Opportunity, typed) for typed in asked}
        assert [len(few[typed]) for typed in asked] == [6, 3, 3, 1, 6, 1, 0]
        monkeypatch.setattr(lookup, "FEW", 2)
        assert {typed: found(session, Opportunity, typed) for typed in asked} == few
        monkeypatch.setattr(lookup, "FEW", -1)
        assert {typed: found(session, Opportunity, typed) for typed in asked} == few
        match = find(session, Opportunity, "contrat")
        assert match is not None
        assert not match.is_few


# Every road to a row ────────────────────────────────────────────────────────────────────────────


def assert_whole(everything: Everything) -> None:
    """Each row has the words of its fields, and each index those of its rows."""
    with everything() as session:
        for model in indexes.searched_models():
            for row in session.scalars(select(model)).unique():
                assert row.search_text == row.search_words, row
            indexes.check(session.connection(), model.__tablename__)


@pytest.mark.both
def test_rows_and_index_are_the_same_whatever_wrote_them(
    app: Flask, acting: Acting, everything: Everything, load: Load
) -> None:
    with acting("marc") as session:
        lead = make(Lead, organization="Élan")
        account = make(Account, name="Phare", addresses=[{"street": "1 rue", "city": "Lyon"}])
        contact = make(Contact, last_name="Roy")
        deal = make(Opportunity, account=account)
        make(Event)
        make(Quote, account=account)
    assert_whole(everything)
    with acting("marc") as session:
        save(session.get_one(Lead, lead.id), organization="Faro", phone="+33612345678")
        remove(session.get_one(Opportunity, deal.id))
        remove(session.get_one(Contact, contact.id))
    assert_whole(everything)
    with acting("marc") as session:
        table_of(Contact).restore(contact.id)
        assert found(session, Lead, "faro 0612") == ["Faro"]
        assert found(session, Opportunity, "alpha") == []
        statement = update(Lead).where(Lead.id == lead.id).values(organization="Garance")
        session.execute(statement)
        assert found(session, Lead, "garance") == ["Garance"]
        version = session.scalar(select(Lead.row_version))
        values = {"id": lead.id, "row_version": version, "last_name": "Zola"}
        session.execute(update(Lead), [values])
        assert found(session, Lead, "zola") == ["Garance, Zola"]
    assert_whole(everything)
    made = load("accounts", "name,ref\nNadir,N1\nPhare,P1\n", MAP, username="marc")
    assert made.is_written
    assert_whole(everything)
    with acting("marc") as session:
        (nadir,) = session.scalars(select(Account).where(Account.name == "Nadir"))
        assert found(session, Account, nadir.reference) == ["Nadir"]
    load("accounts", "name,ref\nZénith,N1\n", MAP, username="marc")
    with acting("marc") as session:
        assert found(session, Account, "zenith") == ["Zénith"]
    assert_whole(everything)
    with app.app_context():
        undo(2, "marc")
        undo(1, "marc")
    assert_whole(everything)
    with everything() as session:
        for row in session.scalars(select(Account).where(Account.name == "Nadir")):
            row.deleted_at = utcnow() - timedelta(days=200)
        session.get_one(Opportunity, deal.id).deleted_at = utcnow() - timedelta(days=200)
    with app.app_context():
        assert "account" in purge()[0]
    assert_whole(everything)
    with everything() as session:
        session.execute(delete(Lead))
    assert_whole(everything)


MAP = """
key = { field = "external_ref", found = "update" }
[columns]
name = "name"
ref = "external_ref"
"""


@pytest.mark.both
def test_what_is_given_up_leaves_nothing_in_the_index(
    acting: Acting, everything: Everything
) -> None:
    with acting("claire") as session:
        make(Lead, organization="Élan")
        session.rollback()
    with acting("claire") as session:
        assert found(session, Lead, "elan") == []
    assert_whole(everything)


def test_records_are_not_made_by_a_statement(acting: Acting) -> None:
    with acting("claire") as session, pytest.raises(RuntimeError, match="made by a flush"):
        session.execute(insert(Lead).values(organization="Élan"))


@pytest.mark.both
def test_a_rebuild_mends_what_was_written_around_it(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        lead = make(Lead, organization="Élan")
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(text("UPDATE lead SET organization = 'Faro', search_text = 'x'"))
        with transaction() as session:
            indexes.drop(session.connection(), ["lead"])
    told = app.test_cli_runner().invoke(main, ["search", "rebuild"])
    assert told.exit_code == 0, told.output
    assert "lead: 1 rows indexed, the words of 1 were others." in told.output
    assert_whole(everything)
    with acting("claire") as session:
        assert found(session, Lead, "faro") == ["Faro"]
        again = session.get_one(Lead, lead.id)
        assert (again.row_version, again.changed_on) == (lead.row_version, lead.changed_on)


def test_a_damaged_index_is_noticed(app: Flask, acting: Acting, everything: Everything) -> None:
    with acting("claire"):
        make(Lead, organization="Élan")
    with app.app_context(), transaction() as session:
        session.execute(text("DROP TRIGGER search_lead_update"))
        session.execute(text("UPDATE lead SET search_text = 'x'"))
    with everything() as session, pytest.raises(DatabaseError):
        indexes.check(session.connection(), "lead")


# Box, picker, API ───────────────────────────────────────────────────────────────────────────────


def test_the_box_says_how_it_looks(acting: Acting, as_user: AsUser) -> None:
    with acting("claire"):
        make(Lead, organization="Bricorama")
    claire = as_user("claire")
    begins = claire.get("/leads/list/?search=brico").text
    assert "Words that begin with “brico”" in begins
    inside = claire.get("/leads/list/?search=corama").text
    assert "No word begins with “corama”; words that contain it" in inside
    assert "Bricorama" in inside
    none = claire.get("/leads/list/?search=zzz").text
    assert "Nothing contains “zzz”." in none


def test_a_search_takes_one_statement_more(
    acting: Acting, as_user: AsUser, counting: Callable[..., Any]
) -> None:
    with acting("claire"):
        make(Lead, organization="Bricorama")
    claire = as_user("claire")
    claire.get("/leads/list/")
    with counting() as without:
        claire.get("/leads/list/")
    with counting() as begins:
        claire.get("/leads/list/?search=brico")
    with counting() as inside:
        claire.get("/leads/list/?search=corama")
    assert (len(begins), len(inside)) == (len(without) + 1, len(without) + 2)


def test_pickers_and_the_api_look_the_same_way(
    acting: Acting, as_user: AsUser, client: Client, token_of: Callable[[str], dict[str, str]]
) -> None:
    with acting("claire"):
        account = make(Account, name="Phare Ouest", siren="552100554")
        make(Account, name="Faro")
        make(Opportunity, name="Contrat", account=account)
    for typed in ("ouest ph", "552 100", "hare"):
        answer = as_user("claire").get("/opportunities/pick/account", query_string={"q": typed})
        assert [one["text"] for one in answer.json["results"]] == ["Phare Ouest"], typed
    token = token_of("claire")
    for typed, names in (("ouest", ["Contrat"]), ("uest", ["Contrat"]), ("faro", [])):
        answer = client.get(f"/api/v1/opportunities/?q=(search:{typed})", headers=token)
        assert [one["name"] for one in answer.json["result"]] == names, typed
        assert answer.json["count"] == len(names)
    assert client.get("/api/v1/opportunities/?q=(search:!(a))", headers=token).status_code == 400
