"""A person is told of what concerns them, once, in their language, and nobody else is."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event
from crm.companies.actors import load_actor
from crm.companies.models import RoleCell, User
from crm.core.actor import acting_as
from crm.core.datamodel.saving import delete_row
from crm.core.db import transaction
from crm.core.models import Owned
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.notices import services
from crm.notices.kinds import ASSIGNED, GIVEN
from crm.notices.models import ABOUT, Notice
from crm.notices.reading import Shown, latest
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import make, person
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]
Told = Callable[..., list[Shown]]


@pytest.fixture
def told(app: Flask, cast: Cast) -> Told:
    """`told("claire")`: her notices as she sees them."""

    def read(name: str, language: str = "en") -> list[Shown]:
        actor = load_actor_of(cast.people[name])
        with app.test_request_context("/"), acting_as(actor), force_locale(language):
            return latest(20)

    def load_actor_of(user_id: int):
        with app.app_context():
            return load_actor(user_id)

    return read


def texts(shown: list[Shown]) -> list[str]:
    return [one.text for one in shown]


def test_the_new_owner_is_told_in_their_language(acting: Acting, told: Told, cast: Cast) -> None:
    with acting("marc"):
        lead = make(Lead, organization="Fontaine & Associés", owner=person(cast.claire))
    (notice,) = told("claire")
    assert notice.text == "Marc Morel assigned you the lead Fontaine & Associés"
    assert (notice.url, notice.is_new) == (f"/leads/show/{lead.id}", True)
    assert texts(told("claire", "fr")) == ["Marc Morel vous a assigné la piste Fontaine & Associés"]
    assert [told(name) for name in ("marc", "alice", "hugo", "olga")] == [[], [], [], []]


def test_what_stands_beside_a_sentence_is_short(
    acting: Acting, told: Told, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        make(Lead, last_name="Roy", city="Lyon", owner=person(cast.claire))
    (notice,) = told("claire")
    assert (notice.text[-9:], notice.context) == ("Élan, Roy", "Lyon")
    ages = {0: r"\d\d:\d\d", 1: "hier", 9: r"\w+\. \d\d/\d\d", 99: r"\d\d/\d\d/\d{4}"}
    for days, text in ages.items():
        with everything() as session:
            session.execute(update(Notice).values(created_at=utcnow() - timedelta(days=days)))
        assert re.fullmatch(text, told("claire", "fr")[0].time)


def test_nobody_is_told_of_what_they_do_themselves(acting: Acting, told: Told, cast: Cast) -> None:
    with acting("claire"):
        lead = make(Lead, owner=person(cast.claire))
        lead.city = "Lyon"
    assert told("claire") == []


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Lead, "the lead Élan"),
        (Account, "the prospect Faro"),
        (Contact, "the contact Roy"),
        (Opportunity, "the opportunity Projet Alpha"),
        (Quote, "the quote Offre"),
        (Event, "the event Démonstration"),
    ],
)
def test_every_record_with_an_owner_tells_its_new_one(
    model: type, text: str, acting: Acting, told: Told, cast: Cast
) -> None:
    with acting("marc"):
        values = {"account": make(Account), "title": "Offre"} if model is Quote else {}
        row = make(model, owner=person(cast.marc), **values)
    assert told("claire") == []
    with acting("marc") as session:
        session.get_one(model, row.id).owner_id = cast.claire
    (notice,) = told("claire")
    assert notice.text == f"Marc Morel assigned you {text}"
    assert notice.url.endswith(f"/show/{row.id}")


def test_no_table_with_an_owner_is_forgotten() -> None:
    owned = {
        one.class_.__tablename__ for one in Lead.registry.mappers if issubclass(one.class_, Owned)
    }
    assert owned == set(ABOUT) - {"message"}
    assert set(GIVEN) == owned - {"account"} | {"prospect", "client"}


def test_many_records_are_one_notice(acting: Acting, told: Told, cast: Cast) -> None:
    with acting("marc"):
        for number in range(12):
            make(Lead, organization=f"Nr {number}", owner=person(cast.claire))
        make(Event, owner=person(cast.claire))
    assert texts(told("claire")) == [
        "Marc Morel assigned you the event Démonstration",
        "Marc Morel assigned you 12 leads",
    ]
    assert texts(told("claire", "fr"))[1] == "Marc Morel vous a assigné 12 pistes"
    assert told("claire")[1].url == f"/leads/list/?_flt_0_owner={cast.claire}"


def test_only_the_last_owner_of_a_transaction_is_told(
    acting: Acting, told: Told, cast: Cast
) -> None:
    with acting("marc") as session:
        lead = make(Lead, owner=person(cast.claire))
        lead.owner_id = cast.hugo
        session.flush()
    assert (len(told("claire")), len(told("hugo"))) == (0, 1)


def test_what_is_not_saved_is_not_told(acting: Acting, told: Told, cast: Cast) -> None:
    def give() -> None:
        with acting("marc"):
            make(Lead, owner=person(cast.claire))
            raise LookupError

    with pytest.raises(LookupError):
        give()
    with acting("marc"):
        make(Lead, owner=person(cast.marc))
    assert told("claire") == []


def test_a_record_that_is_gone_or_closed_to_the_reader_is_not_named(
    acting: Acting, told: Told, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        purged, binned, moved = (
            make(Lead, organization=name, owner=person(cast.claire)).id
            for name in ("Purgée", "Corbeille", "Partie")
        )
    with acting("marc") as session:
        session.get_one(Lead, moved).owner_id = cast.marc
        delete_row(session.get_one(Lead, binned))
    with everything() as session:
        session.execute(update(Notice).values(number=1, lead_id=None))
        session.add_all(
            Notice(user_id=cast.claire, kind=ASSIGNED, subject="lead", lead_id=pk, args={},
                   cause=str(pk), actor_id=cast.marc)
            for pk in (purged, binned, moved)
        )  # fmt: skip
        session.flush()
        session.delete(session.get_one(Lead, purged))
    found = told("claire")
    assert len(found) == 4
    for notice in found:
        assert (notice.text, notice.url) == ("Marc Morel assigned you a lead", "")
        assert notice.context == "It no longer exists, or is no longer open to you."
    assert texts(told("claire", "fr"))[0] == "Marc Morel vous a assigné une piste"


def test_lost_rights_hide_the_name(
    acting: Acting, told: Told, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        make(Lead, organization="Secret", owner=person(cast.claire))
    with everything() as session:
        session.execute(update(RoleCell).where(RoleCell.entity == "leads").values(scope=0))
    assert [(one.text, one.url) for one in told("claire")] == [
        ("Marc Morel assigned you a lead", "")
    ]


def test_those_who_left_are_not_told_and_break_nothing(
    acting: Acting, told: Told, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        lead = make(Lead, owner=person(cast.claire)).id
    with everything() as session:
        session.get_one(User, cast.hugo).active = False
        session.get_one(User, cast.marc).active = False
    assert texts(told("claire")) == ["Marc Morel assigned you the lead Élan"]
    with acting("alice") as session:
        session.get_one(Lead, lead).owner_id = cast.hugo
    with everything() as session:
        assert session.scalars(select(Notice.user_id)).all() == [cast.claire]


def test_a_kind_that_was_given_up_is_not_told(acting: Acting, told: Told, cast: Cast) -> None:
    with acting("claire"):
        services.choose({ASSIGNED: services.Choice(in_page=False)})
    with acting("marc"):
        make(Lead, owner=person(cast.claire))
    assert told("claire") == []
    with acting("claire"):
        services.choose({ASSIGNED: services.Choice()})
    with acting("marc"):
        make(Lead, owner=person(cast.claire))
    assert len(told("claire")) == 1


def test_one_s_own_notices_are_read_by_oneself_alone(
    app: Flask, acting: Acting, told: Told, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        make(Lead, owner=person(cast.claire))
        make(Lead, owner=person(cast.hugo))
    with acting("alice") as session:
        assert session.scalars(select(Notice)).all() == []
    with acting("claire") as session:
        assert session.scalars(select(Notice.user_id)).all() == [cast.claire]
        services.mark_all_read()
    assert [one.is_new for one in told("claire")] == [False]
    assert [one.is_new for one in told("hugo")] == [True]
    with app.app_context(), transaction() as session:
        assert session.scalars(select(Notice)).all() == []  # where nobody acts


def test_the_same_cause_is_told_once(app: Flask, cast: Cast, everything: Everything) -> None:
    news = services.News(cast.claire, ASSIGNED, "once", "lead")
    with everything():
        services.tell([news])
        services.tell([news, news])
    grows = services.News(cast.claire, ASSIGNED, "more", "lead", number=5, grows=True)
    with everything():
        services.tell([grows])
    with everything():
        services.tell([grows])
    with everything() as session:
        found = session.execute(select(Notice.cause, Notice.number).order_by(Notice.id))
        assert [tuple(one) for one in found] == [("once", 1), ("more", 10)]


def test_what_was_read_long_ago_is_purged(app: Flask, cast: Cast, everything: Everything) -> None:
    ages = {"new": None, "read": timedelta(days=89), "old": timedelta(days=91)}
    with everything() as session:
        session.add_all(
            Notice(user_id=cast.claire, kind=ASSIGNED, subject="lead", cause=cause, args={},
                   created_at=utcnow() - timedelta(days=300), read_at=age and utcnow() - age)
            for cause, age in ages.items()
        )  # fmt: skip
    with app.app_context(), transaction():
        assert services.purge() == 1
    with everything() as session:
        assert session.scalars(select(Notice.cause).order_by(Notice.id)).all() == ["new", "read"]


def test_a_record_is_purged_whatever_was_told_of_it(
    acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        lead = make(Lead, owner=person(cast.claire)).id
    with everything() as session:
        session.delete(session.get_one(Lead, lead))
    with everything() as session:
        assert session.scalars(select(Notice.lead_id)).all() == [None]
