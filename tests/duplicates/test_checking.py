"""The check of all records finds the pairs of the labelled set, and stores what it found."""

from itertools import combinations

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, Contact
from crm.core.db import db
from crm.core.types import utcnow
from crm.duplicates import checking
from crm.duplicates.checking import CROWD, check, check_asked, find_pairs, note
from crm.duplicates.groups import Groups
from crm.duplicates.models import CHECKS, PAIRS
from crm.duplicates.sources import SOURCES, source_of
from crm.leads.models import Lead
from tests.factories import make, save

pytestmark = pytest.mark.both
LINE = "04 65 71 20 18"


def pairs_of(model):
    return found_in(find_pairs(db.session(), source_of(model)))


def found_in(found):
    return {pair for pair, _score, _fingerprint in found.pairs}


def test_what_hangs_together_is_a_group():
    groups = Groups()
    for pair in ((1, 2), (5, 9), (2, 3), (7, 8), (3, 8)):
        groups.join(*pair)
    assert [groups.lowest(pk) for pk in (1, 2, 3, 7, 8)] == [1] * 5
    assert [groups.lowest(pk) for pk in (5, 9)] == [5, 5]


def test_each_table_has_its_pairs_and_each_is_compared_once(acting):
    with acting("marc"):
        first = make(Lead, last_name="Roy", email="roy@acme.fr", phone=LINE)
        second = make(Lead, last_name="ROY", email="roy@acme.fr", phone=LINE)
        make(Lead, organization="Nordlog", email="a@b.fr")
        one = make(Account, name="Bâti-Rhône", email="info@bati.fr")
        other = make(Account, name="BATI RHONE SARL", website="www.bati.fr")
        make(Contact, last_name="Roy", email="roy@acme.fr")
    with acting("marc"):
        found = find_pairs(db.session(), source_of(Lead))
        assert found_in(found) == {(first.id, second.id)}
        assert found.compared == 1
        assert pairs_of(Account) == {(one.id, other.id)}
        assert pairs_of(Contact) == set()


def test_a_crowd_is_passed_over_and_counted_and_its_records_found_by_other_keys(acting):
    with acting("marc"):
        for number in range(CROWD + 1):
            make(Lead, organization=None, last_name=f"Nom{number}", phone=LINE)
        one = make(Lead, organization=None, last_name="Aubert", phone=LINE, email="a@x.fr")
        two = make(Lead, organization=None, last_name="Aubert", phone=LINE, email="a@x.fr")
    with acting("marc"):
        found = find_pairs(db.session(), source_of(Lead))
        assert found_in(found) == {(one.id, two.id)}
        assert found.crowded == 1


def test_many_pairs_are_found_and_stored_a_few_at_a_time(app, acting, monkeypatch):
    for name in ("AT_ONCE", "COMPARED", "WRITTEN"):
        monkeypatch.setattr(checking, name, 3)
    with acting("marc"):
        ids = [
            [make(Lead, last_name=name, email=f"{name}@acme.fr").id for _ in range(4)]
            for name in ("Roy", "Aubert", "Klein")
        ]
    with app.app_context():
        for run in (1, 2):
            check(source_of(Lead))
            wanted = [pair for group in ids for pair in combinations(group, 2)]
            assert stored_pairs() == [("lead", run, *pair) for pair in wanted]
        groups = select(PAIRS.c.group_id).distinct().order_by(PAIRS.c.group_id)
        assert list(db.session.scalars(groups)) == [group[0] for group in ids]


def test_a_check_replaces_the_one_before_it(app, acting):
    with acting("marc"):
        one = make(Lead, organization="Élan", email="elan@elan.fr")
        two = make(Lead, organization="Elan", email="elan@elan.fr")
        ids = one.id, two.id
    with app.app_context():
        for source in SOURCES:
            check(source)
        assert stored_pairs() == [("lead", 1, *ids)]
    with acting("marc") as session:
        save(session.get(Lead, ids[1]), organization="Faro", email="faro@faro.fr")
        note(session, source_of(Lead), asked_at=utcnow())
    with app.app_context():
        check_asked()
        assert stored_pairs() == []
        row = db.session.execute(select(CHECKS).where(CHECKS.c.kind == "lead")).one()
        assert (row.run, row.asked_at) == (2, None)


def stored_pairs():
    columns = (PAIRS.c.kind, PAIRS.c.run, PAIRS.c.low_id, PAIRS.c.high_id)
    asked = select(*columns).order_by(*columns)
    return [tuple(row) for row in db.session.execute(asked)]
