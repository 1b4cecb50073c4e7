"""The contents of a new database."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import permissions
from crm.accounts.models import Source
from crm.companies.models import AppSettings, Role, RoleCell
from crm.core.actor import ACTIONS, Scope
from crm.install import VOCABULARIES, install
from crm.leads.models import LeadStatus
from crm.opportunities.models import Stage
from tests.factories import word

Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both


def test_a_second_run_changes_nothing(
    everything: Everything, counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with everything(), counting() as statements:
        install()
    assert all(statement.startswith("SELECT") for statement in statements)


def test_what_was_renamed_or_deleted_does_not_come_back(everything: Everything) -> None:
    with everything() as session:
        session.delete(word(Source, "Campaign"))
        word(Source, "Partner").name = {"en": "Reseller"}
        role = session.scalars(select(Role).where(Role.code == "auditor")).one()
        role.name = "Controller"
        cell = next(c for c in role.cells if (c.entity, c.action) == ("leads", "read"))
        cell.scope = 0
    with everything() as session:
        install()
    with everything() as session:
        names = [str(source) for source in session.scalars(select(Source))]
        assert "Campaign" not in names
        assert "Partner" not in names
        role = session.scalars(select(Role).where(Role.code == "auditor")).one()
        assert role.name == "Controller"
        cell = next(c for c in role.cells if (c.entity, c.action) == ("leads", "read"))
        assert cell.scope == 0


def test_a_missing_cell_is_written(everything: Everything) -> None:
    with everything() as session:
        role = session.scalars(select(Role).where(Role.code == "manager")).one()
        role.cells = [cell for cell in role.cells if cell.entity != "leads"]
    with everything() as session:
        install()
    with everything() as session:
        role = session.scalars(select(Role).where(Role.code == "manager")).one()
        scopes = {cell.action: cell.scope for cell in role.cells if cell.entity == "leads"}
        assert scopes == dict.fromkeys(ACTIONS, Scope.COMPANY)


def test_every_vocabulary_ships_in_both_languages(everything: Everything) -> None:
    with everything() as session:
        for model, rows in VOCABULARIES:
            found = session.scalars(select(model).order_by(model.position)).all()
            assert [row.name for row in found] == [row["name"] for row in rows]
            assert all(row.name["en"] and row.name["fr"] for row in found)


def test_defaults_are_open_and_switches_are_off(everything: Everything) -> None:
    with everything() as session:
        settings = session.get_one(AppSettings, 1)
        assert settings.lead_default_status is word(LeadStatus, "To be processed")
        assert settings.opportunity_default_stage is word(Stage, "New")
        switches = ("manage_catalogs", "manage_recurring", "manage_agencies")
        assert not any(getattr(settings, switch) for switch in switches)


def test_the_table_names_every_entity_and_role(everything: Everything) -> None:
    assert list(permissions.TABLE) == list(permissions.ENTITIES)
    with everything() as session:
        cells = session.scalar(select(func.count()).select_from(RoleCell))
    assert cells == len(permissions.ENTITIES) * len(permissions.ROLES) * len(ACTIONS)


@pytest.mark.parametrize(
    ("role", "entity", "scopes"),
    [
        ("admin", "users", "ALL ALL ALL ALL ALL"),
        ("salesperson", "leads", "TEAM OWN OWN NONE OWN"),
        ("salesperson", "quotes", "TEAM OWN OWN OWN OWN"),
        ("assistant", "events", "AGENCY AGENCY AGENCY NONE NONE"),
        ("auditor", "journal", "COMPANY NONE NONE NONE NONE"),
        ("translator", "leads", "NONE NONE NONE NONE NONE"),
    ],
)
def test_cells_read_as_the_specification_has_them(role: str, entity: str, scopes: str) -> None:
    cells = permissions.cells(role)
    assert [cells[entity, action].name for action in ACTIONS] == scopes.split()
