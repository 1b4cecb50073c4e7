"""What stands around a page is kept for the next one with the same, and never for another."""

from collections.abc import Callable

from sqlalchemy import update

from crm.companies.models import User
from crm.core.db import db
from crm.leads import services
from tests.fixtures import Acting, Cast, Client, World
from tests.markup import read


def menu(client: Client) -> str:
    """The words of the sidebar."""
    page, _ = read(client.get("/nowhere").text)
    return next(one.text for one in page.all("nav") if one.get("class") == "c-side")


def test_the_menu_counts_anew_for_the_next_page(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    claire, marc = as_user("claire"), as_user("marc")
    assert "Leads My leads" in menu(claire)
    with acting("claire"):
        services.create(services.defaults({"last_name": "Durand"}))
    assert "Leads 1 My leads" in menu(claire)
    assert "Leads My leads" in menu(marc)


def test_the_menu_is_in_the_language_of_the_reader(
    as_user: Callable[[str], Client], world: World, cast: Cast
) -> None:
    claire, marc = as_user("claire"), as_user("marc")
    assert "Leads" in menu(claire)
    with world.app.app_context(), db.engine.begin() as connection:
        mine = update(User.__table__).where(User.__table__.c.id == cast.claire)
        connection.execute(mine.values(language="fr"))
    assert "Pistes" in menu(claire)
    assert "Leads" in menu(marc)
