"""What an entity lacks, said by the file to write; CONTRIBUTING names the same six."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder import Model

from crm.core.api import ModelRestApi
from crm.core.models import Record, Reference
from crm.core.views import ModelView
from crm.permissions import ENTITIES, TABLE

ROOT = Path(__file__).parents[2]
MIGRATIONS = "".join(path.read_text() for path in (ROOT / "crm/migrations/versions").glob("*.py"))


def entities() -> list[type[Any]]:
    """The tables of records and of words."""
    classes = (mapper.class_ for mapper in Model.registry.mappers)
    return [one for one in classes if issubclass(one, Record | Reference)]


def lacks(model: type[Any], app: Flask) -> list[str]:
    """What is still to be written for an entity."""
    views = app.extensions["appbuilder"].baseviews
    of_model = [
        view for view in views if getattr(getattr(view, "datamodel", None), "obj", None) is model
    ]
    found = {
        "views.py: no ModelView of it in crm/navigation.py": any(
            isinstance(view, ModelView) for view in of_model
        ),
        "api.py: no ModelRestApi of it in crm/navigation.py": any(
            isinstance(view, ModelRestApi) for view in of_model
        ),
        "crm/permissions.py: TABLE has no row for its __entity__": (
            getattr(model, "__entity__", None) in TABLE
        ),
        "crm/companies/people/grid.py: ENTITIES has no label for it": (
            getattr(model, "__entity__", None) in ENTITIES
        ),
        "crm/migrations: none makes its table (make migration M=…)": (
            f'"{model.__tablename__}"' in MIGRATIONS or f"'{model.__tablename__}'" in MIGRATIONS
        ),
    }
    return [f"{model.__name__}: {what}" for what, is_there in found.items() if not is_there]


def test_no_entity_lacks_a_file(app: Flask) -> None:
    assert [what for model in entities() for what in lacks(model, app)] == []


def test_what_a_new_entity_lacks_is_said(app: Flask) -> None:
    class Stray:
        __tablename__ = "stray"
        __entity__ = "strays"

    assert [what.partition(":")[0] for what in lacks(Stray, app)] == ["Stray"] * 5


def test_contributing_names_the_files() -> None:
    text = (ROOT / ".github/CONTRIBUTING.md").read_text()
    files = ("models.py", "views.py", "api.py")
    for name in (*files, "navigation.py", "permissions.py", "companies/people/grid.py"):
        assert name in text, name
