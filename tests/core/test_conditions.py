"""The conditions of the row filter where compiled statements are kept for later ones."""

import itertools
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.sql.visitors import anon_map

from crm.companies.actors import load_actor
from crm.core.rows import _options, criteria
from crm.leads.models import Lead
from tests.factories import make
from tests.fixtures import PEOPLE, Acting, Cast


def conditions(app: Flask, cast: Cast, name: str) -> tuple[Any, ...]:
    with app.app_context():
        found: tuple[Any, ...] = _options(criteria, load_actor(cast.people[name]), None)
    return found


def values_of(condition: Any) -> list[Any]:
    """The values that a condition gives to the compiled statement, in their order."""
    found: list[Any] = []
    condition._gen_cache_key(anon_map(), found)
    return found


def test_no_two_conditions_share_a_value(app: Flask, cast: Cast) -> None:
    """A value that a statement also has elsewhere would be taken for that one."""
    people = {name: conditions(app, cast, name) for name in PEOPLE}
    every = itertools.chain.from_iterable(people.values())
    values = [{id(value) for value in values_of(one)} for one in every]
    assert sum(map(len, values)) == len(set().union(*values)) > 100


def test_those_of_two_people_with_the_same_rights_differ_in_values_alone(
    app: Flask, cast: Cast
) -> None:
    shapes, values = [], []
    for name in ("claire", "hugo"):
        found = conditions(app, cast, name)
        key = select(Lead).options(*found)._generate_cache_key()
        assert key is not None, "the statement is kept"
        shapes.append(key.key)
        values.append([value.value for value in key.bindparams])
    assert shapes[0] == shapes[1]
    assert values[0] != values[1]
    other = select(Lead).options(*conditions(app, cast, "marc"))._generate_cache_key()
    assert other is not None
    assert other.key != shapes[0]


def test_the_same_statement_tells_each_their_own_rows(acting: Acting) -> None:
    people = ("claire", "olga", "hugo", "claire", "olga")
    for name in ("claire", "olga"):
        with acting(name):
            make(Lead, last_name=f"Of {name}")
    told = []
    for name in people:
        with acting(name) as session:
            told.append(list(session.scalars(select(Lead.last_name))))
    mine, hers = ["Of claire"], ["Of olga"]
    assert told == [mine, hers, mine, mine, hers]
