"""What every page owes its readers, in both languages: asked of every page there is."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask_appbuilder import Model
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from crm.companies.models import User
from crm.core.db import db
from crm.core.http import HEADERS
from crm.core.limits import UPLOAD_BYTES, body_limit
from crm.core.models import Reference
from tests.fixtures import World, new_client, session_cookie, signed_in
from tests.house.addresses import Address, addresses
from tests.house.english import English
from tests.markup import Element, read
from tests.population import Planted

# What stands for nothing in a program, and means nothing to a reader.
NOTHING = re.compile(
    r"\b(None|null|undefined|NaN|N/A|nan)\b|\{\{|\}\}|%\(\w+\)s|<lazy|object at 0x"
)
# A straight quotation mark or apostrophe between letters, and a space that may break a line.
CARELESS = re.compile(r"\w'\w|\"| [!?;:»]|« |\.\.\.")

Pages = list[tuple[str, Element]]


def pages_of(
    world: World, rows: dict[str, Planted], language: str, person: str = "alice"
) -> Iterator[tuple[Address, TestResponse]]:
    """Every HTML page that `person` may open, in `language`."""
    world.start()
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(language=language))
    client = signed_in(world.app, world.cast.people[person])
    for address in addresses(world.app, rows, world.cast):
        if address.method != "GET" or address.is_api or address.row in ("marc", "olga"):
            continue
        answer = client.get(address.path)
        if answer.mimetype == "text/html" and answer.status_code < 300:
            yield address, answer
    yield Address("/nowhere", "GET", "-", "/nowhere"), client.get("/nowhere")
    yield (
        Address("/login/", "GET", "-", "/login/"),
        new_client(world.app).get("/login/", headers={"Accept-Language": language}),
    )


@pytest.fixture(scope="session", params=["en", "fr"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def answers(
    planted_world: World, rows: dict[str, Planted], language: str
) -> list[tuple[Address, TestResponse]]:
    """Every page that Alice may open, fetched once a language."""
    found = list(pages_of(planted_world, rows, language))
    assert len(found) > 10
    return found


@pytest.fixture(scope="session")
def pages(answers: list[tuple[Address, TestResponse]]) -> Pages:
    """The whole pages among the answers, read."""
    return [
        (address.path, read(answer.text)[0])
        for address, answer in answers
        if "<html" in answer.text
    ]


def test_tags_are_closed_in_order(answers: list[tuple[Address, TestResponse]]) -> None:
    wrong = {one.path: read(answer.text)[1] for one, answer in answers}
    assert {path: said for path, said in wrong.items() if said} == {}


def test_a_page_has_one_first_heading_and_a_title(pages: Pages) -> None:
    for path, page in pages:
        headings = [one.text for one in page.all("h1")]
        assert len(headings) == 1, (path, headings)
        assert headings[0], path
        (title,) = page.all("title")
        assert "".join(map(str, title.content)).strip(), path


def test_a_page_says_its_language(pages: Pages, language: str) -> None:
    for path, page in pages:
        (html,) = page.all("html")
        assert html.get("lang") == language, path


def test_no_id_stands_twice(pages: Pages) -> None:
    for path, page in pages:
        there = [one for one in page.all() if "id" in one.attributes and not one.is_inert]
        ids = [one.get("id") for one in there]
        assert sorted(ids) == sorted(set(ids)), path


def test_a_form_with_a_file_may_send_one(pages: Pages, planted_world: World) -> None:
    app = planted_world.app
    cookie = session_cookie(app, planted_world.cast.alice)
    cookies = f"{app.config['SESSION_COOKIE_NAME']}={cookie}"
    for path, page in pages:
        for one in page.all("form"):
            if one.get("enctype") == "multipart/form-data":
                url = urlsplit(one.get("action") or path)
                assert body_limit(app, "POST", url.path, cookies) == UPLOAD_BYTES, path


def test_labels_and_descriptions_lead_somewhere(pages: Pages) -> None:
    for path, page in pages:
        ids = {one.get("id") for one in page.all()}
        for one in page.all():
            for name in ("for", "aria-describedby", "aria-labelledby", "popovertarget", "form"):
                missing = set(one.get(name).split()) - ids
                assert not missing, (path, one.name, name, missing)


def test_no_script_style_or_handler_stands_in_a_page(
    answers: list[tuple[Address, TestResponse]],
) -> None:
    for address, answer in answers:
        page, _ = read(answer.text)
        for one in page.all():
            assert "style" not in one.attributes, (address.path, one.name)
            handlers = [name for name in one.attributes if name.startswith("on")]
            assert not handlers, (address.path, one.name, handlers)
            assert not one.get("href").lower().startswith("javascript:"), address.path
            if one.name in ("script", "style"):
                assert one.get("src"), address.path
                assert not "".join(map(str, one.content)).strip(), address.path


def test_every_form_that_posts_carries_a_token(pages: Pages) -> None:
    for path, page in pages:
        for form in page.all("form"):
            if form.get("method").lower() == "post":
                names = [one.get("name") for one in form.all("input")]
                assert "csrf_token" in names, (path, form.get("action"))


def test_headers_guard_every_answer(answers: list[tuple[Address, TestResponse]]) -> None:
    for address, answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, (address.path, name)
        assert answer.headers["Cache-Control"] == "private, no-cache", address.path


def test_nothing_is_not_shown_as_a_word_of_the_program(pages: Pages) -> None:
    for path, page in pages:
        shown = {text for text, _ in page.texts()}
        said = {text for one in page.all() for text in spoken(one)}
        scopes = {"None"} if path.startswith("/roles/") else set()  # a scope of the grid
        assert [text for text in (shown | said) - scopes if NOTHING.search(text)] == [], path


def spoken(element: Element) -> list[str]:
    """What an element says apart from its content."""
    return [element.get(name) for name in ("aria-label", "title", "placeholder", "alt")]


def test_french_is_set_as_french_is(pages: Pages, language: str) -> None:
    if language != "fr":
        return
    for path, page in pages:
        shown = {text for text, where in page.texts() if where.lang == "fr"}
        assert sorted(text for text in shown if CARELESS.search(text)) == [], path


@pytest.mark.accept("A-80")
def test_no_english_stands_in_a_french_page(
    pages: Pages, language: str, planted_world: World
) -> None:
    """Every text against the English of the catalog, FAB's own strings included."""
    if language != "fr":
        return
    english = English(shipped(planted_world))
    for path, page in pages:
        shown = {text for text, where in page.texts() if where.lang == "fr"}
        said = {text for one in page.all() if one.lang == "fr" for text in spoken(one)}
        assert english.among(shown | said) == [], path


@pytest.mark.accept("A-80")
def test_no_english_stands_in_a_french_export(
    answers: list[tuple[Address, TestResponse]], language: str, planted_world: World
) -> None:
    if language != "fr":
        return
    english = English({*shipped(planted_world), "Admin"})  # the first administrator's first name
    client = signed_in(planted_world.app, planted_world.cast.alice)
    lists = [address.path for address, _ in answers if address.path.endswith("/list/")]
    files = {path: client.get(path.replace("/list/", "/export")) for path in lists}
    told = {path: file.text for path, file in files.items() if file.mimetype == "text/csv"}
    assert len(told) > 5
    for path, text in told.items():
        cells = {cell for line in csv.reader(io.StringIO(text), delimiter=";") for cell in line}
        assert english.among(cells) == [], path


def shipped(world: World) -> set[str]:
    """The French names of what an administrator may rename."""
    with world.app.app_context():
        models = [m.class_ for m in Model.registry.mappers if issubclass(m.class_, Reference)]
        names = [name for model in models for name in db.session.scalars(select(model.name))]
    return {name["fr"] for name in names if "fr" in name}


def test_no_date_or_time_input_of_the_browser(pages: Pages) -> None:
    """Each browser has its own, in the browser's language; ours is crm/assets/core/dates.js."""
    native = {"date", "datetime-local", "month", "time", "week"}
    found = [
        (path, field.get("name"))
        for path, page in pages
        for field in page.all("input")
        if field.get("type") in native
    ]
    assert found == []
    scripts = Path(__file__).parents[2].glob("crm/assets/core/*.js")
    makes = re.compile(rf'type: "(?:{"|".join(native)})"')
    assert [one.name for one in scripts if makes.search(one.read_text())] == []
