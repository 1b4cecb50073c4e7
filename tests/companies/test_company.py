"""Companies bring their settings; a new installation has one."""

import pytest
from sqlalchemy import select

from crm.companies.models import Company, CompanySettings
from crm.companies.services.company import ensure_company


def test_the_first_company_comes_with_its_settings(everything):
    with everything() as session:
        assert ensure_company() is None
        session.execute(CompanySettings.__table__.delete())
        session.execute(Company.metadata.tables["user_company"].delete())
        session.execute(Company.metadata.tables["agency"].delete())
        session.execute(Company.__table__.delete())
        made = ensure_company()
        assert (made.code, made.currency, made.language) == ("MAIN", "EUR", "fr")
        assert made.time_zone == "Europe/Paris"
        assert session.scalars(select(CompanySettings.company_id)).all() == [made.id]
        session.rollback()


@pytest.mark.accept("A-25")
def test_one_company_shows_no_company_and_a_second_brings_its_settings(as_user, cast, everything):
    marc, alice = as_user("marc"), as_user("alice")
    assert 'name="company"' not in marc.get("/leads/add").text
    assert 'name="company"' in alice.get("/leads/add").text
    data = {"name": "ACME Italia", "code": "ACME-IT", "currency": "EUR", "language": "en"}
    answer = alice.post(
        "/companies/add",
        data={
            **data,
            "time_zone": "Europe/Rome",
            "default_account_kind": "prospect",
            "active": "1",
        },
    )
    assert answer.status_code == 303
    with everything() as session:
        made = session.scalars(select(Company).where(Company.code == "ACME-IT")).one()
    assert alice.get(f"/settings/companies/{made.id}").status_code == 200
    assert "ACME Italia" in alice.get("/settings/crm").text
