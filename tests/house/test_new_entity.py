"""What an entity lacks, said by the file to write; CONTRIBUTING names the same."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import inspect

from crm import tables
from crm.core.api import ModelRestApi
from crm.core.db import db
from crm.core.models import Record, Reference
from crm.core.search.indexes import PREFIX
from crm.core.views import ModelView
from crm.permissions import ENTITIES, TABLE

ROOT = Path(__file__).parents[2]


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
    entity, table = getattr(model, "__entity__", None), model.__tablename__
    with app.app_context():
        made = inspect(db.engine).get_table_names()  # by the migrations alone
    names = [getattr(tables, name).__name__ for name in tables.__all__]
    found = {
        "crm/tables.py: does not import its models": model.__module__.startswith(tuple(names)),
        "views.py: no ModelView of it in crm/navigation.py": any(
            isinstance(view, ModelView) for view in of_model
        ),
        "api.py: no ModelRestApi of it in crm/navigation.py": any(
            isinstance(view, ModelRestApi) for view in of_model
        ),
        "crm/permissions.py: TABLE has no row for its __entity__": entity in TABLE,
        "crm/companies/people/grid.py: ENTITIES has no label for it": entity in ENTITIES,
        "crm/migrations: none makes its table (make migration M=…)": table in made,
        f'crm/migrations: no indexes.create(op.get_bind(), ["{table}"]), by which it is searched': (
            PREFIX + table in made or issubclass(model, Reference)
        ),
    }
    return [f"{model.__name__}: {what}" for what, is_there in found.items() if not is_there]


def test_no_entity_lacks_a_file(app: Flask) -> None:
    missing = [what for model in entities() for what in lacks(model, app)]
    assert not missing, "\n".join(missing)


def test_what_a_new_entity_lacks_is_said(app: Flask) -> None:
    class Stray:
        __tablename__ = "stray"
        __entity__ = "strays"

    assert [what.partition(":")[0] for what in lacks(Stray, app)] == ["Stray"] * 7


def test_a_folder_of_the_slices_is_a_package() -> None:
    """Without an __init__.py the layers of pyproject.toml are not asked about it."""
    files = (path for path in (ROOT / "crm").glob("*/*.py") if path.parent.name != "static")
    bare = {path.parent for path in files if not path.with_name("__init__.py").is_file()}
    assert not bare, "\n".join(f"crm/{path.name}/__init__.py: missing" for path in bare)


def test_contributing_names_the_files() -> None:
    text = (ROOT / ".github/CONTRIBUTING.md").read_text()
    for name in (
        "models.py", "views.py", "api.py", "crm/navigation.py", "crm/permissions.py",
        "crm/tables.py", "crm/companies/people/grid.py", "__init__.py", "pyproject.toml",
    ):  # fmt: skip
        assert name in text, name
