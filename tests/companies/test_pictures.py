"""Photos of people and logos of companies: sent, shown, replaced and removed."""

import io
from collections.abc import Callable
from typing import Any

from flask_appbuilder.security.sqla.models import User
from PIL import Image
from sqlalchemy import select

from crm.companies.models import Company
from crm.core.files.models import StoredFile
from tests.factories import person
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]


def photo(kind: str = "PNG", colour: str = "red") -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(buffer, kind)
    buffer.seek(0)
    return buffer


def send(client: Client, row: Any, **more: Any) -> Any:
    """Post the profile with what it has, and `more`."""
    kept = {
        "first_name": row.first_name, "last_name": row.last_name, "email": row.email,
        "language": "en", "time_zone": "Europe/Paris", "theme": "system", "single_keys": "1",
        "row_version": str(row.row_version),
    }  # fmt: skip
    return client.post("/profile/", data=kept | more, content_type="multipart/form-data")


def me(acting: Acting, cast: Cast) -> Any:
    with acting("claire") as session:
        row = person(cast.claire)
        session.refresh(row)
        return row


def test_a_photo_is_sent_shown_to_colleagues_and_removed(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    claire, url = as_user("claire"), f"/pictures/person/{cast.claire}"
    assert send(claire, me(acting, cast), picture=(photo("JPEG"), "moi.jpg")).status_code == 303
    for name in ("claire", "marc", "alice"):
        shown = as_user(name).get(url)
        assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
        assert shown.headers["Content-Disposition"].startswith("inline")
    assert as_user("olga").get(url).status_code == 404, "who shares no company sees no photo"
    page = claire.get("/leads/list/").text
    assert f'<img class="avatar" src="{url}?v=' in page
    assert f'<img class="c-picture" src="{url}?v=' in claire.get("/profile/").text
    assert send(claire, me(acting, cast)).status_code == 303
    assert claire.get(url).status_code == 200, "nothing sent: the present one stays"
    assert send(claire, me(acting, cast), **{"picture-remove": "1"}).status_code == 303
    assert claire.get(url).status_code == 404
    with acting("alice") as session:
        assert session.scalars(select(StoredFile)).all() == []


def test_what_is_no_picture_is_refused_beside_its_field(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    claire = as_user("claire")
    for name, content in (("moi.svg", b"<svg onload='alert(1)'/>"), ("moi.png", b"GIF89a")):
        refused = send(claire, me(acting, cast), picture=(io.BytesIO(content), name))
        assert refused.status_code == 422
        assert 'id="e-picture"' in refused.text
    assert claire.get(f"/pictures/person/{cast.claire}").status_code == 404


def test_a_company_has_a_logo(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    alice, url = as_user("alice"), f"/pictures/company/{cast.france}"
    with acting("alice") as session:
        row = session.get_one(Company, cast.france)
        data = {
            "name": row.name, "code": row.code, "currency": "EUR", "language": "fr",
            "time_zone": "Europe/Paris", "default_account_kind": "prospect", "active": "1",
            "country": "FR", "row_version": str(row.row_version),
            "logo": (photo(), "logo.png"),
        }  # fmt: skip
    edit = f"/companies/edit/{cast.france}"
    assert alice.post(edit, data=data, content_type="multipart/form-data").status_code == 303
    assert as_user("claire").get(url).mimetype == "image/jpeg"
    assert as_user("olga").get(url).status_code == 404
    assert f'src="{url}?v=' in alice.get(f"/companies/show/{cast.france}").text


def test_an_administrator_gives_a_user_a_photo(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        row = session.get_one(User, cast.hugo)
        data = {
            "first_name": row.first_name, "last_name": row.last_name, "username": row.username,
            "email": row.email, "language": "fr", "time_zone": "Europe/Paris", "active": "1",
            "companies": [str(cast.france)], "groups": [str(cast.sales)],
            "roles": [str(one.id) for one in row.roles], "row_version": str(row.row_version),
            "picture": (photo(), "hugo.png"),
        }  # fmt: skip
    alice = as_user("alice")
    path = f"/users/edit/{cast.hugo}"
    assert alice.post(path, data=data, content_type="multipart/form-data").status_code == 303
    assert f"/pictures/person/{cast.hugo}?v=" in alice.get(f"/users/show/{cast.hugo}").text
    assert alice.get(f"/users/field/{cast.hugo}/picture").status_code == 404
