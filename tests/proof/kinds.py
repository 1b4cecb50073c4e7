"""The address of every kind of page, and what may be done to it before it is looked at."""

import re

from crm.core.models import Reference
from crm.leads.models import LeadStatus
from tests.fixtures import World
from tests.house.addresses import Address, addresses, model_of
from tests.population import Planted

PARTS = (
    "/pick/", "/field/", "/menu/", "/neighbors/", "/export", "/totals", "/counts", "/health",
    "/_openapi", "/login", "/preview", "/file/", "/cover/",
    "/p/", "/pictures/", "/notices/count", "/notices/latest",
)  # fmt: skip
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
    found = [
        one.path
        for one in addresses(world.app, rows, world.cast)
        if is_page(one) and not is_like_another(one)
    ]
    return [*dict.fromkeys(found), NO_RESULT, UNKNOWN]


def shape(path: str) -> str:
    """What addresses of one kind have in common: no numbers, no values of arguments."""
    return re.sub(r"=[^&]*", "=", re.sub(r"\d+", "0", path))
