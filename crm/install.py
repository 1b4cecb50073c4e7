"""Required rows: roles, vocabularies, settings.

Idempotent: adds missing rows and changes nothing else. Never commits.
"""

from typing import Any

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from crm import permissions
from crm.accounts.models import ProspectStatus, ProspectStatusKind
from crm.accounts.seeds import ROWS as ACCOUNTS
from crm.calendar.seeds import ROWS as CALENDAR
from crm.catalog.seeds import ROWS as CATALOG
from crm.companies.models import AppSettings, Company, CompanySettings, RoleCell
from crm.companies.people.grid import SHIPPED
from crm.companies.seeds import ensure
from crm.companies.services.company import add_settings
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.leads.models import LeadStatus, LeadStatusKind
from crm.leads.seeds import ROWS as LEADS
from crm.mail.services import templates
from crm.opportunities.models import Stage, StageKind
from crm.opportunities.seeds import ROWS as OPPORTUNITIES
from crm.quotes.seeds import ROWS as QUOTES

VOCABULARIES = (*ACCOUNTS, *OPPORTUNITIES, *LEADS, *QUOTES, *CALENDAR, *CATALOG)


def install() -> None:
    """Add roles with their cells, vocabularies, and the settings of application and companies."""
    with unfiltered("what ships is put in place before anybody acts"):
        for code, (name, __) in SHIPPED.items():
            _ensure_cells(_ensure_role(code, name))
        for model, rows in VOCABULARIES:
            ensure(model, rows)
        _ensure_settings()
        templates.install()


def _ensure_role(code: str, name: str) -> Role:
    """The shipped role, found by code, else by name, else created."""
    role = db.session.scalars(select(Role).where(Role.code == code)).first()
    if role is None:
        role = db.session.scalars(select(Role).where(Role.name == name)).first() or Role(name=name)
        role.code = code
        db.session.add(role)
        db.session.flush()
    return role


def _ensure_cells(role: Role) -> None:
    """Add missing cells; those set to "none" exist."""
    table = RoleCell.__table__
    statement = select(table.c.entity, table.c.action).where(table.c.role_id == role.id)
    known = {(entity, action) for entity, action in db.session.execute(statement)}
    db.session.add_all(
        RoleCell(role=role, entity=entity, action=action, scope=int(scope))
        for (entity, action), scope in permissions.cells(role.code).items()
        if (entity, action) not in known
    )
    db.session.flush()


def _ensure_settings() -> None:
    if db.session.get(AppSettings, 1) is None:
        db.session.add(
            AppSettings(
                id=1,
                lead_default_status=_first(LeadStatus, LeadStatusKind.OPEN),
                opportunity_default_stage=_first(Stage, StageKind.OPEN),
                proposal_stage=_proposal_stage(),
                prospect_default_status=_first(ProspectStatus, ProspectStatusKind.OPEN),
            )
        )
        db.session.flush()
    bare = select(Company).where(~Company.id.in_(select(CompanySettings.company_id)))
    for company in db.session.scalars(bare).all():
        add_settings(company)


def _proposal_stage() -> Stage | None:
    """The shipped stage, where nobody has renamed it."""
    stages = db.session.scalars(select(Stage).where(Stage.kind == StageKind.OPEN))
    return next((stage for stage in stages if stage.name.get("en") == "Proposal"), None)


def _first(model: Any, kind: str) -> Any:
    statement = select(model).where(model.kind == kind, model.active.is_(True))
    return db.session.scalars(statement.order_by(model.position, model.id).limit(1)).one()
