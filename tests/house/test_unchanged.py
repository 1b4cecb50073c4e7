"""A form that is sent back as it was opened changes nothing: no row, no version, no journal."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import Connection, Table, select, update
from sqlalchemy.exc import IntegrityError

from crm.calendar import services
from crm.calendar.models import Event, EventType
from crm.companies.models import AppSettings
from crm.core.datamodel import DataModel
from crm.core.db import db
from crm.core.models import spec_of
from crm.core.views import ModelView
from tests import markup
from tests.fixtures import Acting, Cast, Client
from tests.house.addresses import path_of, view_of
from tests.house.conftest import SWITCHES
from tests.population import Planted, business_tables, plant

Counting = Callable[[], AbstractContextManager[list[str]]]
# Forms that are saved like a record's edit form.
MORE = ("/profile/", "/settings/crm", "/settings/companies/{company}", "/roles/show/{role}")
# Not emptied: the record would be another one, or none that a form can show.
KEPT_FILLED = (
    "owner_id", "organization", "last_name", "type", "name",
    "quantity", "unit_price", "vat_rate_id",
)  # fmt: skip
READS = ("SELECT", "SAVEPOINT", "RELEASE")
# The date of a record's next event depends on the clock: to compute it again is no change.
WORKED_OUT = "next_event_at=(SELECT"


@dataclass
class Desk:
    """Alice, who may change everything, and Claire's rows."""

    app: Flask
    cast: Cast
    alice: Client
    planted: Planted
    counting: Counting

    def edit_pages(self) -> Iterator[str]:
        rows = {"claire": self.planted}
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            view = view_of(self.app, rule)
            if isinstance(view, ModelView) and rule.endpoint == f"{view.endpoint}.edit":
                yield path_of(self.app, rule, view, "claire", rows, self.cast)
        with self.app.app_context():
            role = db.session.scalar(select(Role.id).where(Role.code == "salesperson"))
        yield from (page.format(company=self.cast.france, role=role) for page in MORE)

    def fields_in_place(self) -> dict[str, str]:
        """kind → the address of one field of it."""
        rows = {"claire": self.planted}
        found: dict[str, str] = {}
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            view = view_of(self.app, rule)
            if isinstance(view, ModelView) and rule.endpoint == f"{view.endpoint}.field":
                path = path_of(self.app, rule, view, "claire", rows, self.cast)
                for name in {*view.edit_columns} - {*view.readonly_in_place, *view.children}:
                    kind = spec_of(view.datamodel.obj, name).kind.name
                    found.setdefault(kind, f"{path.rpartition('/')[0]}/{name}")
        return found

    def changed_by(self, page: str) -> list[str]:
        """What is wrong with sending back the form of `page`; nothing where nothing is written."""
        opened = self.alice.get(page, follow_redirects=True)
        if opened.status_code == 404:
            return []
        action, sent = form_of(opened.text)
        with self.counting() as statements:
            answer = self.alice.post(action or opened.request.path, data=sent)
        wrong = (
            []
            if answer.status_code in (200, 303)
            else [f"{answer.status_code} {errors(answer.text)}"]
        )
        writes = [s for s in statements if not s.startswith(READS) and WORKED_OUT not in s]
        return [f"{page}: {text[:300]}" for text in [*wrong, *writes]]


def form_of(html: str) -> tuple[str, dict[str, list[str]]]:
    """The address and the fields of the form that a page is about, as a browser sends them."""
    page, __ = markup.read(html)
    forms = [form for form in page.all("form") if form.get("method").lower() == "post"]
    form = max(forms, key=lambda form: len(markup.fields(form)))
    sent = markup.fields(form)
    return form.get("action"), {n: [v.replace("\n", "\r\n") for v in vs] for n, vs in sent.items()}


def errors(html: str) -> str:
    page, __ = markup.read(html)
    return " ".join(one.text for one in page.all() if "c-err" in one.get("class").split())[:300]


@pytest.fixture
def desk(app: Flask, cast: Cast, as_user: Callable[[str], Client], counting: Counting) -> Desk:
    planted = Planted(cast.france, cast.claire, "Zqclaire")
    with app.app_context(), db.engine.begin() as connection:
        plant(connection, planted, account_address={"is_default": True}, quote_line={"position": 0})
        connection.execute(update(AppSettings).values(dict.fromkeys(SWITCHES, True)))
    return Desk(app, cast, as_user("alice"), planted, counting)


def empty(connection: Connection, table: Table) -> None:
    """Nothing in any column that may be empty."""
    names = [
        c.name for c in table.c
        if c.nullable and c.name not in KEPT_FILLED and not c.info.get("folds")
        and not c.name.startswith(("deleted", "created", "changed"))
    ]  # fmt: skip
    for name in names:
        with connection.begin_nested() as attempt:
            try:
                connection.execute(update(table).values({name: None}))
            except IntegrityError:  # a CHECK needs it
                attempt.rollback()


@pytest.mark.both
@pytest.mark.parametrize("rows", ["filled", "empty"])
def test_a_form_sent_back_as_it_was_opened_changes_nothing(
    desk: Desk, rows: str, database: str
) -> None:
    language = "fr" if (rows == "empty") == (database == "sqlite") else "en"
    with desk.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User).where(User.id == desk.cast.alice).values(language=language))
        for table in business_tables() if rows == "empty" else ():
            empty(connection, table)
    pages = list(desk.edit_pages())
    assert len(pages) > 30
    wrong = [text for page in pages for text in desk.changed_by(page)]
    assert not wrong, "\n".join(wrong)


def test_a_value_sent_back_in_place_changes_nothing(desk: Desk) -> None:
    fields = desk.fields_in_place()
    assert len(fields) > 15
    wrong = [text for field in fields.values() for text in desk.changed_by(field)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("kind", list(EventType))
@pytest.mark.parametrize("all_day", [False, True])
def test_an_event_sent_back_stays_where_it_was(
    desk: Desk, acting: Acting, kind: EventType, all_day: bool
) -> None:
    """No input shows the seconds, or which of the two hours when clocks go back is meant."""
    with acting("claire"):
        starts_at = datetime(2027, 10, 31, 1, 30, 40, tzinfo=UTC)  # 2:30, for the second time
        values = {"subject": "Night", "type": kind, "all_day": all_day, "starts_at": starts_at}
        pk = DataModel(Event, services.RULES).create(values).id
    assert desk.changed_by(f"/events/edit/{pk}") == []
    assert desk.changed_by(f"/events/field/{pk}/starts_at") == []
