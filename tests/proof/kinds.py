"""The address of every kind of page."""

import re

from crm.core.db import db
from crm.core.models import Reference
from crm.core.rows import unfiltered
from crm.leads.models import LeadStatus
from tests.fixtures import Client, World, signed_in
from tests.house.addresses import Address, addresses, model_of
from tests.population import Planted
from tests.proof.demo import living

PARTS = (
    "/pick/", "/field/", "/menu/", "/neighbors/", "/export", "/totals", "/counts", "/health",
    "/_openapi", "/login", "/preview", "/file/", "/cover/",
    "/p/", "/pictures/", "/notices/count", "/notices/latest",
    "/calendar/rows", "/calendar/event/", "/calendar/feed/<", "/events/ics/", "/events/guests",
    "/events/move/", "/events/answer/",  # what the calendar asks, and what the invited are asked
    "/print/", "/quotes/pdf/", "/signed/", "/matches/", "/merge",
    "/prospects/lose/", "/clients/lose/",
    "/prospects/move_agency/", "/prospects/change_owner/",  # the pages of clients
    ".csv", "/csv", "/chart", "/saved_filters/edit/", "/saved_filters/add",
    "/saved_filters/open/", "/reporting/own/open/", "/reporting/own/edit/",
    "/reporting/own/copy/", "/reporting/schedules/edit/",  # what somebody saved
)  # fmt: skip
# What a page asks for beside its path: the record that it is about.
ABOUT = {"/outbox/compose": "account", "/catalogs/sendings/send": "catalog"}
NO_RESULT, UNKNOWN = "/leads/list/?search=zqzqzq", "/nowhere"


def is_page(address: Address) -> bool:
    """Whether an address answers with a page, and not with a part, a file or another address."""
    return (
        address.method == "GET"
        and not address.is_api
        and not any(part in address.rule for part in PARTS)
    )


def is_like_another(address: Address) -> bool:
    """Whether it is a page of a vocabulary: they are all of one class, and one of them suffices."""
    model = model_of(address.view)
    return model is not None and issubclass(model, Reference) and model is not LeadStatus


def kinds(world: World, rows: dict[str, Planted]) -> list[str]:
    """Every page of the application, with these rows; whoever may open it."""
    client = signed_in(world.app, world.cast.people["admin"])
    found = [
        _answering(world, client, one) + _about(one, rows)
        for one in addresses(world.app, rows, world.cast)
        if is_page(one) and not is_like_another(one)
    ]
    return [*dict.fromkeys(found), NO_RESULT, UNKNOWN]


def _answering(world: World, client: Client, one: Address) -> str:
    """Its path, with a row for which there is such a page: a closed lead is not lost again."""
    folder, _, pk = one.path.rpartition("/")
    if not pk.isdigit() or client.get(one.path).status_code // 100 != 3:
        return one.path
    with world.app.app_context(), unfiltered("a test chooses its rows"):
        table = model_of(one.view).__table__
        ids = db.session.scalars(living(table).with_only_columns(table.c.id).limit(50)).all()
        db.session.remove()
    paths = (f"{folder}/{other}" for other in ids)
    return next((path for path in paths if client.get(path).status_code == 200), one.path)


def _about(one: Address, rows: dict[str, Planted]) -> str:
    relation = ABOUT.get(one.rule)
    return f"?{relation}={next(iter(rows.values())).ids[relation]}" if relation else ""


def shape(path: str) -> str:
    """What addresses of one kind have in common: no numbers, no values of arguments."""
    return re.sub(r"=[^&]*", "=", re.sub(r"\d+", "0", path))
