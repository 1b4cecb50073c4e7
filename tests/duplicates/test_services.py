"""The keys of records follow every change, and `likely` answers from them what looks the same."""

import pytest
from sqlalchemy import delete, update

from crm.accounts.matching import ACCOUNTS
from crm.accounts.models import Account, AccountAddress, AccountContact, Contact, Nature
from crm.core.db import db
from crm.duplicates.finding import facts_of, likely, likely_of, likely_values
from crm.duplicates.likeness import LISTED, Against, Reason
from crm.duplicates.sources import SOURCES
from crm.leads.models import Lead
from tests.duplicates.stored import stored, wanted
from tests.factories import make, remove, save
from tests.fixtures import statements_of

SIREN, SIRET = "732829320", "73282932000074"


@pytest.fixture(autouse=True)
def all_keys(everything):
    """After every test the keys are those of the rows."""
    yield
    with everything():
        for source in SOURCES:
            assert stored(source) == wanted(source), source.model


def rows(matches):
    return [match.row.id for match in matches]


@pytest.mark.accept("A-41")
def test_an_e_mail_finds_its_double_whatever_its_case_and_gmail_relates_nobody(acting):
    with acting("claire"):
        first = make(Lead, organization=None, last_name="Martin", email="j.martin@acme.fr")
        typed = likely_values(Lead, {"email": "J.MARTIN@ACME.FR"})
        assert rows(typed) == [first.id]
        assert typed[0].reasons == (Reason.EMAIL,)
        make(Lead, organization=None, last_name="Roux", email="paul.roux@gmail.com")
        other = make(Lead, organization=None, last_name="Petit", email="anne.petit@gmail.com")
        assert likely_of(other, least=1) == []


def test_names_are_compared_without_accents_case_and_legal_form(acting):
    with acting("claire"):
        known = make(
            Account, name="Bâti-Rhône SARL", addresses=[{"postal_code": "69003", "city": "Lyon"}]
        )
        values = {"name": "SARL BATI RHONE", "addresses": [{"postal_code": "69003"}]}
        (match,) = likely_values(Account, values)
        assert match.row.id == known.id
        assert match.reasons == (Reason.SAME_NAME, Reason.POSTAL_CODE)
        assert likely_values(Account, {**values, "addresses": [{"postal_code": "59000"}]}) == []


def test_a_number_counts_whatever_the_name_and_in_whichever_field(acting):
    with acting("claire"):
        known = make(Account, name="Delattre", siret=SIRET)
        (match,) = likely_values(Account, {"name": "Autre nom", "vat_number": f"FR44{SIREN}"})
        assert (match.row.id, match.reasons[0]) == (known.id, Reason.SIREN)
        other_number = {"name": "Delattre", "email": "a@delattre.fr", "siren": "552100554"}
        assert likely_values(Account, other_number) == []


def test_a_phone_is_found_in_the_other_field(acting):
    with acting("claire"):
        lead = make(Lead, organization=None, last_name="Roy", phone="06 12 34 56 78")
        typed = {"last_name": "Roy", "mobile": "+33612345678"}
        assert rows(likely_values(Lead, typed)) == [lead.id]


def test_contacts_of_one_account_with_one_name_are_doubles(acting):
    with acting("claire"):
        account = make(Account, name="Acme")
        links = [{"account": account}]
        first = make(Contact, first_name="Jean", last_name="Roy", links=links)
        second = make(Contact, first_name="JEAN", last_name="ROY", links=links)
        assert rows(likely_of(second)) == [first.id]
        other = make(Contact, first_name="Paul", last_name="Roy", links=links)
        assert likely_of(other) == []


def test_a_lead_finds_its_account_with_its_owner_in_few_statements(acting, counting):
    with acting("claire"):
        account = make(Account, name="Saône Hôtels SAS", email="contact@saone-hotels.fr")
        lead = make(Lead, organization="Saone Hotels", last_name="Roy", email="r@saone-hotels.fr")
        db.session().flush()
        with counting() as statements:
            matches = likely(Account, facts_of(lead), least=30)
            assert str(matches[0].row.owner) == "Claire Colin"
        assert rows(matches) == [account.id]
        assert matches[0].reasons == (Reason.SAME_NAME, Reason.DOMAIN)
        assert len(statements) <= 5, statements


def test_an_ignored_domain_counts_no_more_and_its_keys_stay(acting, everything):
    with acting("claire"):
        make(Lead, organization="Nordisk", website="https://nordisk.example")
        match = make(Lead, organization="Nordisk", email="ola@nordisk.example")
        assert likely_of(match)[0].reasons == (Reason.SAME_NAME, Reason.DOMAIN)
    with everything() as session:
        session.execute(
            db.text("UPDATE app_settings SET ignored_email_domains = 'nordisk.example'")
        )
        session.commit()
    with acting("claire"):
        assert likely_of(db.session.get(Lead, match.id)) == []


@pytest.mark.accept("A-81")
def test_the_check_tells_nothing_of_another_company(acting):
    with acting("claire"):
        make(Account, name="Grand compte", siren=SIREN, email="achats@grand.fr")
    with acting("olga"):
        values = {"name": "Grand compte", "siren": SIREN, "email": "achats@grand.fr"}
        assert likely_values(Account, values, limit=50) == []
        own = make(Account, **values)
        assert own.reference == "T00001"
        assert likely_of(own, least=1) == []


def test_rows_out_of_reach_do_not_exist(acting):
    with acting("marc"):
        make(Lead, last_name="Roy", email="roy@acme.fr")
    with acting("claire"):  # of another team
        assert likely_values(Lead, {"email": "roy@acme.fr"}) == []


def test_a_switchboard_of_many_records_is_read_up_to_a_limit(acting, counting):
    with acting("claire"):
        for number in range(70):
            make(Lead, organization=None, last_name=f"Nom{number}", phone="04 65 71 20 18")
        make(Lead, organization=None, last_name="Aubert", phone="04 65 71 20 18", email="a@x.fr")
        typed = {"last_name": "Aubert", "phone": "+33465712018", "email": "a@x.fr"}
        with counting() as statements:
            (match,) = likely_values(Lead, typed)
        assert match.row.last_name == "Aubert"
        assert len(statements) <= 5, statements


def test_against_is_said(acting):
    with acting("claire"):
        make(Account, name="Delattre Logistique", email="info@delattre.fr", siren=SIREN)
        values = {"name": "Delattre Logistique", "email": "info@delattre.fr", "siren": "552100554"}
        (match,) = likely(Account, ACCOUNTS.of_values(values), least=30)
        assert match.against == (Against.SIREN,)
        assert Reason.SHARED_MAILBOX in match.reasons
        assert match.score < LISTED


def test_keys_follow_lines_statements_bin_and_restore(acting):
    with acting("claire") as session:
        account = make(Account, name="Atlas", addresses=[{"postal_code": "69001"}])
        other = make(Account, name="Atlas", addresses=[{"postal_code": "13001"}])
        save(account, addresses=[{"postal_code": "13001"}])
        assert rows(likely_of(account)) == [other.id]
        lead = make(Lead, last_name="Roy", email="roy@acme.fr")
        remove(lead)
        assert likely_values(Lead, {"email": "roy@acme.fr"}) == []
        contact = make(Contact, first_name="Jean", last_name="Roy", links=[{"account": account}])
        session.flush()
        # As a merge moves lines.
        session.execute(
            update(AccountAddress)
            .where(AccountAddress.account_id == account.id)
            .values(account_id=other.id)
        )
        session.execute(
            update(AccountContact)
            .where(AccountContact.contact_id == contact.id)
            .values(account_id=other.id)
        )
        session.execute(update(Lead).where(Lead.id == lead.id).values(last_name="Martin"))
        session.execute(delete(AccountContact).where(AccountContact.contact_id == contact.id))


def test_of_a_changed_record_only_the_keys_that_differ_are_written(app, acting):
    with acting("claire"):
        lead = make(Lead, last_name="Roy", email="roy@acme.fr", postal_code="69003", city="Lyon")
    for values, written in (({"city": "Paris"}, []), ({"phone": "0465712018"}, ["INSERT"])):
        with acting("claire") as session, statements_of(app) as statements:
            save(session.get(Lead, lead.id), **values)
            session.flush()
        sent = [one.split()[0] for one in statements if "lead_match_key" in one]
        assert [verb for verb in sent if verb != "SELECT"] == written


def test_a_first_name_that_is_missing_speaks_against_nobody(acting):
    with acting("claire"):
        known = make(Lead, first_name="Jean", last_name="Martin", email="j.martin@acme.fr")
        typed = {"last_name": "Martin", "email": "j.martin@acme.fr"}
        (match,) = likely_values(Lead, typed)
        assert (match.row.id, match.against) == (known.id, ())


def test_a_person_is_compared_as_one(acting):
    with acting("claire"):
        person = make(
            Account, nature=Nature.PERSON, first_name="Léa", name="Roux", mobile="0612345678"
        )
        lead = make(Lead, organization=None, first_name="Lea", last_name="ROUX", phone="0612345678")
        (match,) = likely(Account, facts_of(lead))
        assert match.row.id == person.id
