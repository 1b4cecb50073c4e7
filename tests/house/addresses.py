"""Every address of the application, and how to fill in its variables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Table, inspect, select
from werkzeug.routing import Rule

from crm.core.db import db
from crm.core.files.models import StoredFile
from tests.fixtures import Cast
from tests.population import Planted

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Variables that name no row.
ARGUMENTS = {
    "key": "events",
    "other": "leads",  # blocks of the home page
    "version": "v1",
    "code": "fr",
    "theme": "dark",
    "token": "A" * 43,
    "position": 0,
    "board": "opportunities",
    "chart": "by-stage",
    "table": "agencies",  # of the follow-up
    "place": "home",  # where a report is pinned
    "entity": "leads",
}
NOBODYS = "-"  # the row of an address that names none of a company


@dataclass(frozen=True)
class Address:
    """One rule and method, for the row of one owner."""

    rule: str
    method: str
    row: str  # whose: "claire", "marc", "olga", or NOBODYS
    path: str
    view: Any = None
    name: str = ""  # of the view's method

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


def view_of(app: Flask, rule: Rule) -> Any:
    """The FAB view or API behind a rule, or None."""
    name = str(rule.endpoint).partition(".")[0]
    found = (view for view in app.extensions["appbuilder"].baseviews if view.endpoint == name)
    return next(found, None)


def model_of(view: Any) -> Any:
    """The table behind a view, or None."""
    return getattr(getattr(view, "datamodel", None), "obj", None)


def addresses(app: Flask, rows: dict[str, Planted], cast: Cast) -> Iterator[Address]:
    """Every rule × method × row."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        view, name = view_of(app, rule), str(rule.endpoint).rpartition(".")[2]
        for row in owners_of(app, rule, view, rows):
            path = path_of(app, rule, view, row, rows, cast)
            for method in METHODS:
                if method in rule.methods:
                    yield Address(rule.rule, method, row, path, view, name)


def owners_of(app: Flask, rule: Rule, view: Any, rows: dict[str, Planted]) -> list[str]:
    """Whose rows an address is asked about: everyone's where it names one of a company."""
    if "pk" not in rule.arguments and "company_id" not in rule.arguments:
        return [NOBODYS]
    table = getattr(model_of(view), "__table__", None)
    if table is not None and not is_somebodys(table, rows):
        return [NOBODYS]
    return list(rows)


def is_somebodys(table: Table, rows: dict[str, Planted]) -> bool:
    return table.name in next(iter(rows.values())).ids or table.name in ("company", "ab_user")


def path_of(
    app: Flask, rule: Rule, view: Any, row: str, rows: dict[str, Planted], cast: Cast
) -> str:
    """The rule with its variables filled in."""
    values = {
        name: _value(app, rule, view, name, row, rows, cast) for name in sorted(rule.arguments)
    }
    with app.test_request_context():
        built = app.url_map.bind("localhost").build(rule.endpoint, values)
    return str(built)


def _value(
    app: Flask, rule: Rule, view: Any, name: str, row: str, rows: dict[str, Planted], cast: Cast
) -> Any:
    if name == "pk":
        return pk_of(app, model_of(view), row, rows, cast)
    if name.endswith("_pk"):  # of what the row is to be linked with
        target = inspect(model_of(view)).relationships[name.removesuffix("_pk")].mapper.class_
        return pk_of(app, target, row, rows, cast)
    if name == "name" and model_of(view) is not None:
        return _field(rule, view, rows)
    if name in ARGUMENTS:
        return ARGUMENTS[name]
    if name == "name":
        return "dark"
    raise LookupError(f"say in ARGUMENTS what <{name}> of {rule.rule} may be")


def pk_of(app: Flask, model: Any, row: str, rows: dict[str, Planted], cast: Cast) -> int:
    """The id of somebody's row of a table, or of any where nobody has one."""
    if model is None or model.__tablename__ == "company":
        return rows[row].company
    table = model.__table__
    if table.name == "ab_user":
        return cast.people[row]
    if row in rows and table.name in rows[row].ids:
        return rows[row].ids[table.name]
    with app.app_context():
        return int(db.session.execute(select(table.c.id).order_by(table.c.id).limit(1)).scalar())


def _field(rule: Rule, view: Any, rows: dict[str, Planted]) -> str:
    """For a picker a relation, to somebody's rows if there is one; in place, a column."""
    mapped = inspect(model_of(view)).relationships
    offered = [*(view.add_columns or ()), *(view.edit_columns or ()), *(view.search_columns or ())]
    if "/pick/" not in rule.rule:
        return next((name for name in view.edit_columns or () if name not in mapped), "none")
    linked = {one.key for one in mapped if one.mapper.class_ is not StoredFile}
    picked = [name for name in offered if name in linked]
    theirs = next(iter(rows.values())).ids
    somebodys = [name for name in picked if mapped[name].mapper.local_table.name in theirs]
    return next(iter([*somebodys, *picked]), "none")
