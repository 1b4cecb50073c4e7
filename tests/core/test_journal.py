"""The journal: what it tells of acts, versions, lines and rows that go for good."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.companies.people import roles
from crm.core.actor import Scope
from crm.core.journal import Journal, history, since
from crm.core.journal.values import tracked_attributes
from crm.core.security import hash_password
from crm.quotes.models import Quote
from tests.factories import make, save
from tests.fixtures import Acting, Client

pytestmark = pytest.mark.both
Everything = Callable[[], AbstractContextManager[Session]]

VALVE = {"label": "Vanne", "quantity": Decimal(2), "unit_price": Decimal(10)}


def entries(session: Session, row: Any) -> list[Journal]:
    """All that was ever told of a row, oldest first."""
    own = Journal.kind == row.__tablename__, Journal.row_id == row.id
    return list(session.scalars(select(Journal).where(*own).order_by(Journal.id)))


def quote_of(acting: Acting, *labels: str) -> int:
    """A quote of Claire's with these lines, at 10.00 each."""
    lines = [{"label": label, "quantity": 1, "unit_price": Decimal(10)} for label in labels]
    with acting("claire"):
        return int(make(Quote, account=make(Account), lines=lines).id)


def test_what_is_saved_together_is_one_act(acting: Acting) -> None:
    with acting("claire") as session:
        account = make(Account)
        contact = make(Contact, accounts=[account])
        session.flush()
        save(account, name="Phare")
    with acting("claire") as session:
        save(session.get_one(Account, account.id), name="Faro")
        both = [one for row in (account, contact) for one in entries(session, row)]
    acts = [one.act_id for one in both]
    assert acts[0] == acts[1] == acts[3], "made and renamed with its contact"
    assert acts[2] not in (None, acts[0]), "renamed again, later"


def test_an_act_that_was_given_up_leaves_nothing_to_the_next(acting: Acting) -> None:
    with acting("claire") as session:
        make(Account)
        given_up = session.info["crm.act"]
        session.rollback()
        account = make(Account)
        assert entries(session, account)[0].act_id != given_up


def test_an_entry_knows_the_version_it_made(acting: Acting) -> None:
    with acting("claire") as session:
        account = make(Account)
    for name in ("Phare", "Farol"):
        with acting("claire") as session:
            save(session.get_one(Account, account.id), name=name)
    with acting("claire") as session:
        account = session.get_one(Account, account.id)
        assert [one.row_version for one in entries(session, account)] == [1, 2, 3]
        assert [one.changes["name"] for one in since(session, account, 1)] == [
            ["Faro", "Phare"], ["Phare", "Farol"],
        ]  # fmt: skip


def test_an_entry_of_a_line_names_the_line(acting: Acting) -> None:
    pk = quote_of(acting, "Pompe", "Vanne")
    with acting("claire") as session:
        quote = session.get_one(Quote, pk)
        first, second = (line.id for line in quote.lines)
        save(quote, lines=[{"id": first}, {"id": second, "quantity": Decimal("3.000")}])
    with acting("claire") as session:
        changes = entries(session, session.get_one(Quote, pk))[-1].changes
    before, after = changes[f"lines.{second}"]
    assert f"lines.{first}" not in changes
    assert (before["label"], after["label"]) == ("Vanne", "Vanne")
    assert before["values"] == {"quantity": "1.000", "total_excl": "10.00"}
    assert after["values"] == {"quantity": "3.000", "total_excl": "30.00"}


def test_a_line_that_is_removed_is_kept_whole(acting: Acting) -> None:
    pk = quote_of(acting, "Pompe", "Vanne")
    with acting("claire") as session:
        quote = session.get_one(Quote, pk)
        first, second = (line.id for line in quote.lines)
        save(quote, lines=[{"id": first}])
    with acting("claire") as session:
        before, after = entries(session, session.get_one(Quote, pk))[-1].changes[f"lines.{second}"]
    assert after is None
    assert before["label"] == "Vanne"
    kept = before["values"]
    assert (kept["label"], kept["quantity"], kept["unit_price"]) == ("Vanne", "1.000", "10.0000")
    assert kept["position"] == 1, "it can be put back where it was"
    assert "quote_id" not in kept, "the entry's own row"


def test_an_added_line_is_journaled(acting: Acting) -> None:
    pk = quote_of(acting, "Pompe")
    with acting("claire") as session:
        quote = session.get_one(Quote, pk)
        save(quote, lines=[{"id": quote.lines[0].id}, VALVE])
    with acting("claire") as session:
        quote = session.get_one(Quote, pk)
        before, after = entries(session, quote)[-1].changes[f"lines.{quote.lines[1].id}"]
    assert before is None
    assert (after["label"], after["values"]["quantity"]) == ("Vanne", "2")


def test_what_goes_for_good_is_kept_whole(acting: Acting, everything: Everything) -> None:
    pk = quote_of(acting, "Pompe", "Vanne")
    with everything() as session:
        quote = session.get_one(Quote, pk)
        account = quote.account_id
        lines = [line.id for line in quote.lines]
        session.delete(quote)
    with everything() as session:
        last = entries(session, quote)[-1]
    assert last.action == "purged"
    assert last.changes["account_id"] == [account, None]
    assert last.changes["currency"] == ["EUR", None]
    assert [last.changes[f"lines.{line}"][0]["label"] for line in lines] == ["Pompe", "Vanne"]
    assert "created_on" in last.changes


def test_a_link_that_goes_with_its_account_is_kept(acting: Acting, everything: Everything) -> None:
    with acting("claire"):
        account = make(Account)
        contact = make(Contact, accounts=[account])
    with everything() as session:
        session.delete(session.get_one(Account, account.id))
        session.flush()
        last = entries(session, account)[-1]
    (link,) = [pair[0] for name, pair in last.changes.items() if name.startswith("links.")]
    assert link["label"] == "Roy"
    assert link["values"]["contact_id"] == contact.id


def test_no_secret_is_returned(everything: Everything, cast: Any) -> None:
    secret = hash_password("a swan on the canal at dawn")
    with everything() as session:
        nadia = session.get_one(User, cast.nadia)
        nadia.password, nadia.job_title = secret, "Support"
        session.flush()
        nadia.groups = []
        session.delete(session.get_one(User, cast.nadia))
        session.flush()
        written = " ".join(str(one.changes) for one in session.scalars(select(Journal)))
        session.rollback()
    assert "Support" in written
    assert secret not in written
    assert "scrypt" not in written
    assert "'password'" not in written


def test_no_column_with_a_secret_name_is_journaled(app: Flask) -> None:
    for mapper in Model.registry.mappers:
        for name in (
            tracked_attributes(mapper).all_columns if hasattr(mapper.class_, "row_version") else ()
        ):
            secret = re.search("^password|hash|secret|token|epoch", name)
            assert secret is None, (mapper, name)


def test_a_removed_role_is_journaled_with_its_cells(acting: Acting) -> None:
    with acting("alice") as session:
        role = roles.create({"name": "Visitor"})
        roles.save_cells(role, {("leads", "read"): Scope.OWN})
        roles.delete(role)
        changes = [one.changes for one in entries(session, role)]
    assert {"leads.read": [int(Scope.OWN), 0]} in changes
    assert changes[-1]["name"] == ["Visitor", None]


def test_the_history_says_which_line_changed(
    acting: Acting, as_user: Callable[[str], Client]
) -> None:
    pk = quote_of(acting, "Pompe", "Vanne")
    with acting("claire") as session:
        quote = session.get_one(Quote, pk)
        second = quote.lines[1].id
        save(quote, lines=[{"id": second, "quantity": Decimal(3)}])
    page = as_user("claire").get(f"/quotes/show/{pk}?tab=history").text
    assert "Lines, Vanne, Quantity" in page
    assert page.count("Pompe") == 1, "the line that went"


def test_a_row_with_the_number_of_one_that_went_has_none_of_its_history(
    acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        account = make(Account)
    with everything() as session:
        first = select(Journal.id).where(Journal.kind == "account").order_by(Journal.id)
        number = session.scalars(first).first() or 0
        gone = {"kind": "account", "row_id": account.id, "changes": {}}
        session.add(Journal(id=-2, action="created", **gone))
        session.add(Journal(id=-1, action="purged", **gone))
    with acting("claire") as session:
        assert [one.action for one in history(session, account)] == ["created"]
        assert [one.id for one in since(session, account, 0)] == [number]
