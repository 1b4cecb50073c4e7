"""What can be done to accounts and contacts, as the specification tells it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask_appbuilder.security.sqla.models import ViewMenu
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountContact, AccountKind, Contact, Nature
from crm.accounts.services import contact as contact_services
from crm.accounts.services.account import is_owner_stale, main_contact
from crm.accounts.services.prospects import become_client
from crm.calendar.models import Event
from crm.companies.models import Agency, AppSettings, Assignable, CompanySettings, Group, User
from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.errors import DomainError
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, person, remove, save, table_of
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]

SIREN, SIRET = "552100554", "55210055400013"
ONLY_SALES = {"owner": "Only members of Sales can own this account."}


@pytest.fixture
def groups_mode(everything: Everything) -> None:
    """Only members of the group Sales may own accounts."""
    with everything() as session:
        settings = session.get_one(AppSettings, 1)
        settings.assignable_groups = [
            session.scalars(select(Group).where(Group.name == "Sales")).one()
        ]
        settings.assignable_users = Assignable.GROUPS


def owners(company_id: int) -> set[str]:
    """Who is offered as account owner."""
    condition = table_of(Account).candidates("owner", {"company_id": company_id})
    return set(_session().scalars(select(User.username).where(condition)))


def _session() -> Session:
    from crm.core.db import db

    return db.session()


def test_a_new_account_follows_its_company(acting: Acting, everything: Everything) -> None:
    with everything() as session:
        for settings in session.scalars(select(CompanySettings)):
            settings.payment_terms = "30 days"
    with acting("claire"):
        account = make(Account)
        assert (account.reference, account.kind) == ("T00001", AccountKind.PROSPECT)
        assert (account.language, account.currency) == ("fr", "EUR")
        assert account.payment_terms == "30 days"
        assert account.owner is not None
        assert account.owner.username == "claire"


@pytest.mark.accept("A-81")
def test_a_siren_is_unique_in_its_company_only(acting: Acting) -> None:
    with acting("claire") as session:
        make(Account, siret=SIRET)
        session.commit()
        with pytest.raises(DomainError) as no:
            make(Account, siren=SIREN)
        assert list(no.value.fields) == ["siren"]
        session.rollback()
    with acting("olga"):
        account = make(Account, siren=SIREN)
        assert account.reference == "T00001"


@pytest.mark.accept("A-86")
def test_the_bin_frees_a_siren_and_keeps_the_reference(acting: Acting) -> None:
    with acting("marc") as session:
        first = make(Account, siren=SIREN)
        remove(first)
        session.commit()
        assert make(Account, siren=SIREN).reference == "T00002"
        session.commit()
        with pytest.raises(DomainError) as no:
            table_of(Account).restore(first.id)
        assert "SIREN" in str(no.value)
        session.rollback()


def test_a_siret_fills_the_siren_and_begins_with_it(acting: Acting) -> None:
    with acting("claire") as session:
        assert make(Account, siret=SIRET).siren == SIREN
        session.rollback()
        with pytest.raises(DomainError) as no:
            make(Account, siret=SIRET, siren="732829320")
        assert list(no.value.fields) == ["siret"]
        session.rollback()


@pytest.mark.parametrize(
    ("nature", "name", "value"),
    [
        (Nature.PERSON, "legal_form", "SAS"),
        (Nature.ORGANIZATION, "first_name", "Paul"),
    ],
)
def test_persons_and_organisations_have_fields_of_their_own(
    acting: Acting, nature: Nature, name: str, value: str
) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(Account, nature=nature, **{name: value})
        assert list(no.value.fields) == [name]
        session.rollback()


def test_an_account_is_not_its_own_parent(acting: Acting) -> None:
    with acting("claire") as session:
        top = make(Account)
        below = make(Account, parent=top)
        session.commit()
        with pytest.raises(DomainError) as no:
            save(top, parent=below)
        assert list(no.value.fields) == ["parent"]
        session.rollback()


def test_the_first_address_is_the_default_one(acting: Acting) -> None:
    with acting("claire") as session:
        lines = [{"city": "Lyon", "postal_code": "69001"}, {"city": "Paris"}]
        account = make(Account, addresses=lines)
        assert [address.is_default for address in account.addresses] == [True, False]
        assert account.city == "Lyon"
        session.commit()
        with pytest.raises(DomainError) as no:
            save(account, addresses=[{"city": "A", "is_default": True}] * 2)
        assert list(no.value.fields) == ["addresses"]
        session.rollback()


def test_a_client_never_becomes_a_prospect_again(acting: Acting) -> None:
    with acting("claire") as session:
        account = make(Account)
        become_client(account)
        session.commit()
        with pytest.raises(DomainError) as no:
            save(account, kind=AccountKind.PROSPECT)
        assert list(no.value.fields) == ["kind"]
        session.rollback()


@pytest.mark.accept("A-07")
def test_the_notes_say_who_changed_them_and_when(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        account = make(Account, owner=person(cast.claire))
        assert account.notes_changed_on is None
    with acting("marc"):
        account = again(account)
        save(account, notes="Prefers the phone.")
        assert account.notes_changed_by_id == cast.marc
        before = account.notes_changed_on
        save(account, website="www.faro.example")
        assert account.notes_changed_on == before


@pytest.mark.accept("A-45")
def test_deleting_a_client_with_opportunities_and_quotes_names_both_counts(acting: Acting) -> None:
    with acting("marc") as session:
        account = make(Account)
        for _ in range(3):
            make(Opportunity, account=account)
        make(Quote, account=account)
        session.commit()
        with pytest.raises(DomainError) as no:
            remove(account)
        words = "Faro has 3 opportunities and 1 quote and cannot be deleted."
        assert no.value.message == words
        session.rollback()


def test_what_cannot_be_seen_keeps_an_account_without_being_counted(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with acting("marc"):
        account = make(Account, owner=person(cast.nadia))
        make(Opportunity, account=account, owner=person(cast.nadia))
    with everything() as session:  # Hugo may delete what is his
        from crm.companies.models import RoleCell

        for cell in session.scalars(select(RoleCell).where(RoleCell.entity == "accounts")):
            cell.scope = max(cell.scope, 4)
    with acting("hugo") as session:
        with pytest.raises(DomainError) as no:
            remove(again(account))
        assert no.value.message == "Faro has records you have no access to and cannot be deleted."
        session.rollback()


@pytest.mark.accept("A-03")
@pytest.mark.usefixtures("groups_mode")
def test_in_groups_mode_the_owners_offered_are_the_groups_members(
    acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        assert owners(cast.france) == {"claire", "hugo"}


@pytest.mark.accept("A-03")
def test_without_groups_every_active_colleague_is_offered(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        offered = owners(cast.france)
        assert {"claire", "hugo", "nadia", "marc"} <= offered
        assert "olga" not in offered


@pytest.mark.accept("A-04")
@pytest.mark.usefixtures("groups_mode")
def test_in_groups_mode_anybody_else_is_refused_by_the_groups_names(
    acting: Acting, cast: Cast
) -> None:
    with acting("marc") as session:
        account = make(Account, owner=None)
        session.commit()
        for ask in (
            lambda: save(account, owner=person(cast.nadia)),
            lambda: make(Account, owner=person(cast.nadia)),
        ):
            with pytest.raises(DomainError) as no:
                ask()
            assert no.value.fields == ONLY_SALES
            session.rollback()
        save(account, owner=person(cast.hugo))


@pytest.mark.accept("A-05")
def test_an_owner_from_before_stays_and_is_marked(
    acting: Acting, cast: Cast, request: pytest.FixtureRequest
) -> None:
    with acting("marc"):
        account = make(Account, owner=person(cast.nadia))
        assert not is_owner_stale(account)
    request.getfixturevalue("groups_mode")
    with acting("marc"):
        account = again(account)
        save(account, phone="01 02 03 04 05", owner=person(cast.nadia))
        assert account.owner_id == cast.nadia
        assert is_owner_stale(account)


@pytest.mark.usefixtures("groups_mode")
def test_a_creator_who_may_not_own_leaves_the_account_unassigned(acting: Acting) -> None:
    with acting("marc"):
        assert make(Account).owner is None


@pytest.mark.accept("A-28")
def test_groups_mode_needs_a_group(acting: Acting) -> None:
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            save(session.get_one(AppSettings, 1), assignable_users=Assignable.GROUPS)
        assert no.value.fields == {"assignable_groups": "Choose at least one group."}
        session.rollback()


def test_the_agency_is_the_creators_else_by_postal_area(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).manage_agencies = True
        session.get_one(Agency, cast.lille).postal_areas = "59; 62"
        session.get_one(Agency, cast.lyon).postal_areas = "69, 6"
        person(cast.hugo).agency = session.get_one(Agency, cast.lyon)
    with acting("claire"):
        north = make(Account, addresses=[{"postal_code": "59000", "city": "Lille"}])
        assert north.agency_id == cast.lille
        assert make(Account, addresses=[{"postal_code": "75001"}]).agency_id is None
    with acting("hugo"):
        assert make(Account, addresses=[{"postal_code": "59000"}]).agency_id == cast.lyon


# Contacts


def test_a_contact_is_its_accounts_owners(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        account = make(Account, owner=person(cast.hugo))
        contact = make(Contact, first_name="Paul", accounts=[account])
        assert contact.owner_id == cast.hugo
        assert [link.account for link in contact.links] == [account]
        assert str(contact) == "Paul Roy"
        assert contact.name_key == "paul roy"


def test_a_second_main_contact_takes_the_place_of_the_first_only_where_one_says_so(
    acting: Acting,
) -> None:
    with acting("claire"):
        account = make(Account)
        first = make(Contact, links=[{"account": account, "is_main": True}])
    with acting("claire") as session:
        led = [{"account": again(account), "is_main": True}]
        with pytest.raises(DomainError) as no:
            make(Contact, last_name="Zola", links=led)
        assert no.value.fields == {"links": "Roy is the main contact of Faro. Unset that first."}
        session.rollback()
    with acting("claire"):
        led = [{"account": again(account), "is_main": True}]
        second = make(Contact, last_name="Zola", links=led, replace_main=True)
        assert main_contact(again(account)) is second
        assert not again(first).links[0].is_main


def test_a_main_contact_in_the_bin_gives_way(acting: Acting) -> None:
    with acting("alice"):
        account = make(Account)
        remove(make(Contact, links=[{"account": account, "is_main": True}]))
    with acting("alice"):
        led = [{"account": again(account), "is_main": True}]
        second = make(Contact, last_name="Zola", links=led)
        assert main_contact(again(account)) is second


def test_a_contact_becomes_an_individual_client_once(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        employer = make(Account, name="Lumen")
        contact = make(
            Contact, first_name="Paul", email="paul@lumen.example", address="1 rue Basse",
            links=[{"account": employer, "is_main": True}],
        )  # fmt: skip
    with acting("claire"):
        made = contact_services.make_individual_client(again(contact))
        assert (made.nature, made.kind, str(made)) == ("person", "client", "Paul Roy")
        assert (made.owner_id, made.email) == (cast.claire, "paul@lumen.example")
        assert [address.street for address in made.addresses] == ["1 rue Basse"]
    with acting("claire") as session:
        now = again(contact)
        assert {(str(link.account), link.is_main) for link in now.links} == {
            ("Lumen", True), ("Paul Roy", True),
        }  # fmt: skip
        with pytest.raises(DomainError, match="is an individual client already: T00002"):
            contact_services.make_individual_client(now)
        session.rollback()


def test_an_address_is_unique_among_the_contacts_of_an_account(acting: Acting) -> None:
    with acting("claire") as session:
        account, other = make(Account), make(Account)
        make(Contact, email="PAUL@faro.example", accounts=[account])
        make(Contact, email="paul@faro.example", accounts=[other])
        session.commit()
        with pytest.raises(DomainError) as no:
            make(Contact, email="paul@faro.example", accounts=[account])
        assert list(no.value.fields) == ["email"]
        session.rollback()


@pytest.mark.accept("A-82")
def test_a_contact_and_its_accounts_are_of_one_company(acting: Acting) -> None:
    with acting("olga"):
        foreign = make(Account)
    with acting("alice") as session:
        contact = make(Contact)
        session.commit()
        with pytest.raises(DomainError):
            save(contact, links=[{"account": again(foreign)}])
        session.rollback()


def alone(session: Session) -> set[str]:
    """Who stands in the list of contacts without an account."""
    where = condition(Contact, "accounts", 2, [], FilterFormat()).where
    return set(session.scalars(select(Contact.last_name).where(where)))


def test_a_contact_is_without_account_until_it_is_linked_and_after(
    acting: Acting, everything: Everything
) -> None:
    with acting("claire") as session:
        account = make(Account)
        make(Contact, last_name="Abel")
        bruno = make(Contact, last_name="Bruno", links=[{"account": account}])
        assert alone(session) == {"Abel"}
        save(bruno, links=[])
        assert alone(session) == {"Abel", "Bruno"}
        save(bruno, links=[{"account": account}])
        colin = make(Contact, last_name="Colin")
        version = colin.row_version
        account.links.append(AccountContact(contact=colin))
        session.flush()
        assert alone(session) == {"Abel"}
        session.refresh(colin)
        assert colin.row_version == version
    with everything() as session:
        session.delete(session.get_one(Account, account.id))  # as the purge does
        session.flush()
        assert alone(session) == {"Abel", "Bruno", "Colin"}


def test_nobody_reports_to_themselves(acting: Acting) -> None:
    with acting("claire") as session:
        boss = make(Contact)
        contact = make(Contact, reports_to=boss)
        session.commit()
        with pytest.raises(DomainError) as no:
            save(boss, reports_to=contact)
        assert list(no.value.fields) == ["reports_to"]
        session.rollback()


@pytest.mark.accept("A-88")
def test_contacts_and_events_stay_while_their_account_is_away(acting: Acting) -> None:
    with acting("marc"):
        account = make(Account, addresses=[{"city": "Lyon"}])
        contact = make(Contact, accounts=[account])
        event = make(Event, account=account)
        remove(account)
    with acting("marc"):
        assert again(contact).deleted_at is None
        assert again(event).account is None
        table_of(Account).restore(account.id)
    with acting("marc"):
        assert again(account).city == "Lyon"
        assert again(event).account is not None


def test_an_owner_who_left_is_not_proposed_for_what_hangs_on_their_account(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with acting("marc"):
        account = make(Account, owner=person(cast.nadia))
    with everything() as session:
        session.get_one(User, cast.nadia).active = False
    with acting("marc"):
        holder = again(account)
        assert make(Contact, accounts=[holder]).owner_id == cast.people["marc"]
        assert make(Opportunity, account=holder).owner_id == cast.people["marc"]


def test_a_row_that_cannot_be_in_a_set_is_saved(everything: Everything) -> None:
    """Flask-AppBuilder's own rows compare by value and have no hash."""
    with everything() as session:
        session.add(ViewMenu(name="A page of Flask-AppBuilder"))
    with everything() as session:
        names = select(ViewMenu.name).where(ViewMenu.name.startswith("A page"))
        assert session.scalars(names).all() == ["A page of Flask-AppBuilder"]
