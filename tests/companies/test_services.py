"""Companies, agencies, numbers and defaults."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.companies.models import Agency, Company, CompanySettings
from crm.companies.numbering import next_reference, take_numbers
from crm.core.errors import DomainError
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import again, make, remove, save
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]

GERMANY = {"name": "ACME Deutschland", "code": "acme-de", "country": "DE"}


@pytest.mark.accept("A-25")
def test_a_company_brings_its_settings_and_its_creator_works_for_it(
    acting: Acting, cast: Cast
) -> None:
    with acting("alice") as session:
        company = make(Company, **GERMANY)
        assert company.code == "ACME-DE"
        statement = select(CompanySettings).where(CompanySettings.company_id == company.id)
        settings = session.scalars(statement).one()
        assert (settings.quote_validity_days, settings.opportunity_prefix) == (30, "O")
        assert str(settings.default_vat_rate) == "20%"
        assert {user.id for user in company.users} == {cast.alice}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"code": "AC ME"}, "code"),
        ({"code": "ACME-FR"}, "code"),
        ({"name": "acme  FRANCE"}, "name"),
        ({"siren": "123456789"}, "siren"),
        ({"currency": "XXL"}, "currency"),
        ({"time_zone": "Europe/Lyon"}, "time_zone"),
        ({"country": "FRANCE"}, "country"),
    ],
)
def test_an_invalid_field_of_a_company_is_an_error(
    acting: Acting, values: dict[str, str], field: str
) -> None:
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            make(Company, **{**GERMANY, **values})
        assert list(no.value.fields) == [field]
        session.rollback()


def test_a_company_is_not_its_own_parent(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        france, iberia = (session.get_one(Company, pk) for pk in (cast.france, cast.iberia))
        save(iberia, parent=france)
        session.commit()
        with pytest.raises(DomainError) as no:
            save(france, parent=iberia)
        assert list(no.value.fields) == ["parent"]
        session.rollback()


def test_a_company_with_records_is_deactivated_instead_of_deleted(
    acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        make(Lead)
    with acting("alice") as session:
        france = session.get_one(Company, cast.france)
        with pytest.raises(DomainError) as no:
            remove(france)
        # Two agencies, and the lead.
        assert no.value.message == "This company has 3 records; deactivate it instead."
        session.rollback()
        empty = make(Company, **GERMANY)
        session.commit()
        remove(empty)
        assert session.scalar(select(func.count()).select_from(CompanySettings)) == 2


def test_an_inactive_company_takes_no_new_record(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        save(session.get_one(Company, cast.iberia), active=False)
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            make(Lead, company=session.get_one(Company, cast.iberia))
        assert list(no.value.fields) == ["company"]
        session.rollback()


def test_a_record_stays_in_its_company(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        lead = make(Lead)
        session.commit()
        with pytest.raises(DomainError) as no:
            save(lead, company=session.get_one(Company, cast.iberia))
        assert list(no.value.fields) == ["company"]
        session.rollback()


@pytest.mark.accept("A-26")
def test_new_records_are_of_the_company_chosen_on_top(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    from tests.factories import person

    with everything():
        person(cast.alice).active_company_id = cast.iberia
    with acting("alice") as session:
        assert make(Opportunity).company_id == cast.iberia
        france = make(Account, company=session.get_one(Company, cast.france))
        assert make(Opportunity, account=france).company_id == cast.france


def test_agency_names_are_unique_in_a_company(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        iberia = session.get_one(Company, cast.iberia)
        make(Agency, name="Lyon", company=iberia)
        session.commit()
        with pytest.raises(DomainError) as no:
            make(Agency, name="LYON")
        assert list(no.value.fields) == ["name"]
        session.rollback()
        with pytest.raises(DomainError) as no:
            save(session.get_one(Agency, cast.lyon), company=iberia)
        assert list(no.value.fields) == ["company"]
        session.rollback()


def test_postal_areas_are_kept_tidy(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        agency = session.get_one(Agency, cast.lyon)
        save(agency, postal_areas="69; 01 ,69,2a")
        assert again(agency).areas == ["69", "01", "2A"]


def test_numbers_count_by_company_kind_and_year(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        assert [take_numbers(cast.france, "quote", 2027, 1) for _ in range(3)] == [1, 2, 3]
        assert take_numbers(cast.france, "quote", 2028, 1) == 1
        assert take_numbers(cast.iberia, "quote", 2027, 1) == 1
        assert next_reference(cast.france, "bill", "F", 2) == "F01"


def test_a_number_given_up_is_given_again(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        assert take_numbers(cast.france, "quote", 0, 1) == 1
        session.rollback()
        assert take_numbers(cast.france, "quote", 0, 1) == 1
