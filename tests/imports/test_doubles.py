"""An import meets records that look the same: `double` of its map says what becomes of the line."""

import pytest
from sqlalchemy import select

from crm.accounts.models import Account
from crm.core.db import db
from crm.importing import import_file
from crm.leads.models import Lead
from tests.factories import make

pytestmark = pytest.mark.both
MAP = 'key = "external_ref"\n{double}[columns]\nref = "external_ref"\nname = "organization"\n'
MAP += 'mail = "email"\ntown = "city"\n'
FILE = "ref,name,mail,town\nL1,ELAN SARL,contact@elan.fr,Lyon\nL2,Faro,info@faro.fr,Lille\n"


@pytest.fixture
def run(app, tmp_path):
    """`run("skip")`: import FILE with that word in the map; gives the report."""

    def command(double="", text=FILE, mapping=MAP, entity="leads", who="claire", **more):
        word = f'double = "{double}"\n' if double else ""
        (tmp_path / "file.csv").write_text(text, encoding="utf-8")
        (tmp_path / "map.toml").write_text(mapping.format(double=word), encoding="utf-8")
        paths = tmp_path / "file.csv", tmp_path / "map.toml"
        with app.app_context():
            return import_file(
                entity, *paths, ["ACME-FR"], who, more.pop("skip_bad", False), **more
            )

    return command


@pytest.fixture
def known(acting):
    """A lead that the first line of FILE would make a second time."""
    with acting("claire"):
        return make(Lead, organization="Élan", email="contact@elan.fr").id


def leads(app):
    with app.app_context():
        columns = Lead.__table__.c
        asked = select(columns.organization, columns.external_ref, columns.city)
        return [tuple(row) for row in db.session.execute(asked.order_by(columns.id))]


def test_without_a_word_nothing_is_looked_for(app, run, known):
    lines, is_in = run()
    assert is_in
    assert lines[-1] == "2 records created."
    assert len(leads(app)) == 3


@pytest.mark.parametrize(
    ("double", "said", "stored"),
    [
        ("skip", "left out: looks the same as", [("Élan", None, None)]),
        ("update", "updates “Élan”", [("ELAN SARL", "L1", "Lyon")]),
        ("link", "linked to “Élan”", [("Élan", "L1", None)]),
        ("create", "created, though", [("Élan", None, None), ("ELAN SARL", "L1", "Lyon")]),
    ],
)
def test_the_word_says_what_becomes_of_it(app, run, known, double, said, stored):
    lines, is_in = run(double)
    assert is_in
    told = next(line for line in lines if line.startswith("Line 2"))
    assert said in told
    assert "Same shared mailbox, Same name" in told
    assert "1 line looks like a record that is there already." in lines
    assert leads(app) == [*stored, ("Faro", "L2", "Lille")]
    again, is_in = run(double)  # by the key nothing is made twice
    assert is_in
    assert len(leads(app)) == len(stored) + 1, again


def test_a_preview_says_it_and_writes_nothing(app, run, known):
    lines, is_fine = run("skip", preview=True)
    assert is_fine
    assert any(line.startswith("Line 2: left out") for line in lines)
    assert lines[-4:-1] == [
        "1 line looks like a record that is there already.",
        "Preview: nothing was written.",
        "1 record created.",
    ]
    assert len(leads(app)) == 1


def test_a_record_with_another_reference_is_not_linked(app, run, acting):
    with acting("claire"):
        make(Lead, organization="Élan", email="contact@elan.fr", external_ref="OLD")
    lines, is_in = run("link")
    assert not is_in
    assert any("“Élan” has another external reference." in line for line in lines)
    assert len(leads(app)) == 1


def test_records_out_of_reach_are_no_doubles_and_those_of_others_are_not_updated(app, run, acting):
    with acting("marc"):
        make(Lead, organization="Élan", email="contact@elan.fr")
    lines, _is_in = run("skip")
    assert lines[-1] == "2 records created."
    with acting("hugo"):
        make(Lead, organization="Nordlog", email="contact@nordlog.fr")
    text = "ref,name,mail,town\nL9,NORDLOG,contact@nordlog.fr,Lyon\n"
    lines, is_in = run("update", text)
    assert not is_in  # of Claire's team, so that she reads it and does not edit it
    assert any("not allowed to edit" in line for line in lines)


def test_two_lines_of_one_double_change_it_once(app, run, known):
    text = FILE.replace("L2,Faro,info@faro.fr,Lille", "L2,Élan,contact@elan.fr,Lille")
    lines, is_in = run("update", text)
    assert is_in, lines
    assert leads(app) == [("ELAN SARL", "L1", "Lyon")]


def test_accounts_by_number_and_address(app, run, acting):
    with acting("claire"):
        make(Account, name="Bâti-Rhône", siren="732829320")
        make(Account, name="Faro", addresses=[{"postal_code": "69003"}])
    mapping = 'key = "external_ref"\n{double}[columns]\nref = "external_ref"\nname = "name"\n'
    mapping += 'siren = "siren"\ncode = "addresses.postal_code"\n'
    text = "ref,name,siren,code\nA,Autre nom,732829320,\nB,FARO SAS,,69003\nC,Faro,,13001\n"
    lines, is_in = run("skip", text, mapping, "accounts")
    assert is_in
    assert "1 record created." in lines
    assert "2 lines look like records that are there already." in lines


def test_words_and_places_are_checked(run):
    with pytest.raises(Exception, match="double"):
        run("merge")
    with pytest.raises(Exception, match="link"):
        run("link", mapping=MAP.replace('key = "external_ref"\n', ""))
    mapping = '{double}[columns]\nname = "name"\n'
    with pytest.raises(Exception, match="leads, accounts and contacts"):
        run("skip", "name\nX\n", mapping, "opportunities")


def test_a_batch_takes_as_many_statements_for_doubles_as_for_none(run, acting, counting, app):
    def lines(first, count):
        rows = (f"{n},Maison {n},maison{n}@maison{n}.fr,Lyon" for n in range(first, first + count))
        return "ref,name,mail,town\n" + "\n".join(rows) + "\n"

    run("create", lines(0, 40))
    text = lines(0, 40).replace("\n", "\nX")[:-1]
    with counting() as few:
        run("skip", text[: text.index("\nX5,") + 1], preview=True)
    with counting() as many:
        run("skip", text, preview=True)
    assert len(many) == len(few)
