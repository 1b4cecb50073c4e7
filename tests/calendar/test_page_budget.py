"""What a crowded calendar costs: statements and bytes."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import brotli
import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import insert

from crm.calendar.models import Event, EventStatus, EventType
from crm.companies.models import user_company
from crm.core.db import db
from tests.fixtures import Cast, Client, World, statements_of

AsUser = Callable[[str], Client]
PEOPLE, EVENTS = 50, 5_000
MONTH = {"from": "2027-01-31T23:00:00+00:00", "to": "2027-02-28T23:00:00+00:00"}
FIRST = datetime(2027, 2, 1, tzinfo=UTC)
VERBS = (
    "Rendez-vous avec",
    "Appel :",
    "Visite de",
    "Présentation à",
    "Relance du devis de",
    "Point",
)
NAMES = (
    "Imprimerie Chevalier", "Clinique Saint-Luc", "Garage Leclercq", "Delattre Logistique",
    "Lambert Assurances", "Mairie de Villefontaine", "Hôtel des Terreaux", "Amrani Froid",
    "Transports Haddad & Fils", "Cabinet Noël Expertise", "Fontaine & Associés", "Bâti Rhône",
)  # fmt: skip
TOWNS = ("Lyon", "Lille", "Grenoble", "Mâcon", "Arras", "Valenciennes", "Saint-Étienne")


@pytest.fixture
def crowd(world: World, cast: Cast) -> list[int]:
    """Fifty people of Marc's company, with five thousand events in February; as (id of each)."""
    chance = random.Random(5)  # noqa: S311  the same events each time
    with world.app.app_context(), db.engine.begin() as connection:
        for number in range(PEOPLE):
            connection.execute(insert(User.__table__).values(_user(number)))
        ids = [
            row.id
            for row in connection.execute(
                User.__table__.select().where(User.username.like("crowd%"))
            )
        ]
        connection.execute(
            insert(user_company), [{"user_id": pk, "company_id": cast.france} for pk in ids]
        )
        rows = [_event(chance, chance.choice(ids), cast.france) for _ in range(EVENTS)]
        connection.execute(insert(Event.__table__), rows)
    return ids


def _user(number: int) -> dict[str, object]:
    return {
        "first_name": f"Prénom{number}", "last_name": "Nom", "username": f"crowd{number}",
        "email": f"crowd{number}@example.com", "active": True, "name_key": f"prenom{number} nom",
    }  # fmt: skip


def _event(chance: random.Random, owner: int, company: int) -> dict[str, object]:
    start = FIRST + timedelta(days=chance.randrange(28), minutes=30 * chance.randrange(14, 38))
    name = f"{chance.choice(NAMES)} {chance.choice(TOWNS)}"
    return {
        "uid": str(uuid4()), "subject": f"{chance.choice(VERBS)} {name}", "name_key": name.lower(),
        "type": chance.choice(list(EventType)), "starts_at": start, "time_zone": "Europe/Paris",
        "ends_at": start + timedelta(minutes=chance.choice((30, 30, 60, 60, 90, 120))),
        "status": chance.choice(list(EventStatus)), "owner_id": owner, "company_id": company,
        "location": f"{chance.randrange(1, 99)} rue Gambetta, {chance.choice(TOWNS)}",
    }  # fmt: skip


@pytest.mark.slow("makes five thousand events")
def test_a_month_of_five_thousand_events(as_user: AsUser, crowd: list[int], world: World) -> None:
    marc = as_user("marc")
    asked = {**MONTH, "people": ",".join(map(str, crowd))}
    with statements_of(world.app, "BEGIN", "PRAGMA") as statements:
        answer = marc.get("/calendar/rows", query_string=asked)
    assert len(answer.json["id"]) == EVENTS
    assert len(statements) <= 10, statements
    size = len(brotli.compress(answer.data, quality=4))
    assert size <= 60_000, size
    sent = marc.get("/calendar/rows", query_string=asked, headers={"Accept-Encoding": "br"})
    assert sent.headers["Content-Encoding"] == "br"
    assert len(sent.data) <= 60_000, len(sent.data)


def test_the_page_takes_as_many_statements_with_a_crowd(
    as_user: AsUser, crowd: list[int], world: World
) -> None:
    marc = as_user("marc")
    with statements_of(world.app, "BEGIN", "PRAGMA") as statements:
        assert marc.get("/calendar/").status_code == 200
    assert len(statements) <= 10, statements
