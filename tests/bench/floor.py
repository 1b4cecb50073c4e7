"""A list of leads written by hand: its statements by the ORM, its lines in one Jinja loop.

What the layer costs is measured against this. It makes the same bytes as our own page, whose
parts around the lines are text of its template, and asks the database for the same things.
"""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, render_template, session
from jinja2 import DictLoader
from sqlalchemy import Engine, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, contains_eager, joinedload, load_only

from crm.companies.models import AppSettings, Company, RoleCell, User
from crm.core.datamodel.paging import COUNT_CAP
from crm.core.models.text import format_phone
from crm.core.views.tabs import TAB_CAP
from crm.leads.models import Lead, LeadStatus
from crm.opportunities.models import Opportunity, Stage

# Its line ends are for people only.
SOURCE = Path(__file__).with_name("floor.html").read_text()
LINES = "".join(line.strip() for line in SOURCE.splitlines())


def make(engine: Engine, page: str, sprite: str, secret: str, cookie: str) -> Flask:
    """An application with the one page, whose text around the lines is that of `page`."""
    app = Flask("floor")
    app.config.update(SECRET_KEY=secret, SESSION_COOKIE_NAME=cookie)
    before, _, rest = page.partition("<tbody>")
    after = rest.partition("</tbody>")[2]
    text = "{% raw %}" + before + "<tbody>{% endraw %}" + LINES + "{% raw %}</tbody>" + after
    app.jinja_loader = DictLoader({"list.html": text + "{% endraw %}"})  # type: ignore[assignment]
    app.jinja_env.globals.update(sprite=sprite, phone=format_phone)

    @app.get("/leads/list/")
    def leads() -> str:
        user_id = int(session["_user_id"].partition(".")[0])
        with Session(engine) as db:
            return answer(db, user_id)

    return app


def answer(db: Session, user_id: int) -> str:
    user = db.scalars(select(User).where(User.id == user_id, User.active)).one()
    db.scalars(select(AppSettings)).one()
    company = db.scalars(
        select(Company.id).join(User.companies).where(User.id == user_id)  # type: ignore[attr-defined]
    ).one()
    db.execute(select(RoleCell.entity, RoleCell.action, RoleCell.scope)).all()
    mine = [
        Lead.deleted_at.is_(None),
        Lead.company_id == company,
        or_(Lead.owner_id.is_(None), Lead.owner_id.in_(mates(db, user))),
    ]
    counts = tabs(db, mine, user_id)
    return render_template(
        "list.html",
        leads=rows(db, mine),
        zone=ZoneInfo(user.time_zone),  # type: ignore[attr-defined]
        counts=counts,
    )


def mates(db: Session, user: Any) -> list[int]:
    members = User.groups.property.secondary
    own = select(members.c.group_id).where(members.c.user_id == user.id)
    return list(db.scalars(select(members.c.user_id).where(members.c.group_id.in_(own))))


def rows(db: Session, mine: list[Any]) -> list[Lead]:
    shown = load_only(
        Lead.first_name, Lead.last_name, Lead.organization, Lead.phone, Lead.email,
        Lead.received_on, Lead.score, Lead.next_event_at, Lead.created_on, Lead.changed_on,
        Lead.last_event_at, Lead.row_version,
    )  # fmt: skip
    statement = (
        select(Lead)
        .join(Lead.status)
        .where(*mine)
        .order_by(Lead.received_on.desc(), Lead.id.desc())
        .limit(25)
        .options(
            shown,
            contains_eager(Lead.status).load_only(
                LeadStatus.name, LeadStatus.hue, LeadStatus.kind, LeadStatus.position
            ),
            joinedload(Lead.owner).load_only(User.first_name, User.last_name, User.username),
        )
    )
    return list(db.scalars(statement))


def tabs(db: Session, mine: list[Any], user_id: int) -> dict[str, int]:
    """The list's own count, those of its tabs and of the menu, in one statement."""
    kinds = select(LeadStatus.id).where(LeadStatus.kind == "open")
    caps = {"all": COUNT_CAP + 1}  # as high as our own page counts
    is_open = Lead.status_id.in_(kinds)
    parts = {
        "all": [],
        "mine": [Lead.owner_id == user_id, is_open],
        "open": [is_open],
        "closed": [~is_open],
    }
    sales = select(Opportunity.id).where(
        Opportunity.deleted_at.is_(None),
        Opportunity.owner_id == user_id,
        Opportunity.stage_id.in_(select(Stage.id).where(Stage.kind == "open")),
    )
    counted = union_all(
        select(literal("sales"), func.count()).select_from(sales.limit(1000).subquery()),
        *(
            select(literal(key), func.count()).select_from(
                select(Lead.id).where(*mine, *more).limit(caps.get(key, TAB_CAP + 1)).subquery()
            )
            for key, more in parts.items()
        ),
    )
    return dict(db.execute(counted).all())  # type: ignore[arg-type]
