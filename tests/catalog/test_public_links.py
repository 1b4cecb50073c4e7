"""/p/<token>: what people without an account may open, and how little they are told otherwise."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.catalog import public
from crm.catalog.models import Catalog, CatalogLink
from crm.catalog.public import share
from crm.companies.models import AppSettings, Company
from crm.core.links import services as links
from crm.core.links import views
from crm.core.links.models import PublicLink
from crm.core.outage import Outage, unavailable
from crm.core.types import utcnow
from tests.catalog.test_services import catalog, upload
from tests.factories import again, remove, save
from tests.fixtures import Acting, Client

AsUser = Callable[[str], Client]
Everything = Any


@pytest.fixture
def path(acting: Acting) -> str:
    """The path of a link to a catalogue of Claire's."""
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
    with acting("claire"):
        made = catalog(name="Gamme <b>2027</b>", file=upload("é\r\nX: 1.pdf"))
        _shared, address = share(made, made.company)
    return "/p/" + address.rpartition("/")[2]


def opened(everything: Everything) -> bool:
    with everything() as session:
        return session.scalars(select(PublicLink.first_opened_at)).one() is not None


def test_whoever_holds_the_link_sees_and_loads_the_catalogue(
    client: Client, path: str, everything: Everything
) -> None:
    client.sends_token = False
    for _time in range(2):
        page = client.get(path, headers={"Accept-Language": "fr"})
        assert page.status_code == 200
        assert client.head(path).status_code == 200
        assert client.get(f"{path}/cover").data.startswith(b"\x89PNG")
        assert not opened(everything), "a mail scanner opens links, too"
    assert "Gamme &lt;b&gt;2027&lt;/b&gt;" in page.text
    assert "Télécharger" in page.text
    assert "<script" not in page.text
    loaded = client.post(path)
    assert loaded.data.startswith(b"%PDF")
    assert loaded.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "X" not in loaded.headers
    assert "sandbox" in loaded.headers["Content-Security-Policy"]
    assert opened(everything)
    for answer in (page, loaded):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_busy_database_keeps_nobody_from_what_they_were_sent(
    client: Client, path: str, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(link: PublicLink) -> None:
        raise unavailable(Outage.BUSY)

    with monkeypatch.context() as patch:
        patch.setattr(views, "note_opening", busy)
        assert client.post(path).data.startswith(b"%PDF")
    assert not opened(everything)
    client.post(path)
    assert opened(everything), "it is noted the next time"


def test_no_log_has_the_secret_of_a_link(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(public, "facts", bug)
    assert client.get(path).status_code == 500
    assert "/p/…" in caplog.text
    assert path.removeprefix("/p/") not in caplog.text


def test_the_first_opening_is_kept(client: Client, path: str, everything: Everything) -> None:
    client.post(path)
    with everything() as session:
        first = session.scalars(select(PublicLink.first_opened_at)).one()
    client.post(path)
    with everything() as session:
        assert session.scalars(select(PublicLink.first_opened_at)).one() == first


def refused(client: Client, path: str) -> set[tuple[int, str]]:
    """What is answered at the addresses of a link that opens nothing."""
    answers = [client.get(path), client.get(f"{path}/cover"), client.post(path)]
    return {(one.status_code, one.text) for one in answers}


ENDS: dict[str, Callable[[Any], None]] = {
    "revoked": lambda session: links.revoke(session.scalars(select(PublicLink)).one()),
    "expired": lambda session: setattr(
        session.scalars(select(PublicLink)).one(), "expires_at", utcnow() - timedelta(seconds=1)
    ),
    "in the bin": lambda session: remove(session.scalars(select(Catalog)).one()),
    "switched off": lambda session: save(
        session.get_one(AppSettings, 1), manage_catalogs=False
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_a_link_that_ended_is_answered_like_one_that_never_was(
    client: Client, path: str, acting: Acting, everything: Everything, how: str
) -> None:
    with acting("alice") as session:
        ENDS[how](session)
    found = refused(client, path)
    assert [status for status, _text in found] == [404]
    assert found == refused(client, "/p/" + "A" * 43)
    assert not opened(everything)


@pytest.mark.parametrize("token", ["x", "%00", "é", "A" * 5000, "..%2f..", "%ED%A0%80", "a b"])
def test_a_guessed_token_opens_nothing(client: Client, path: str, token: str) -> None:
    assert path
    for address in (f"/p/{token}", f"/p/{token}/cover", f"{path}x", f"{path}/file"):
        assert client.get(address).status_code in (400, 404)
        assert client.post(address).status_code in (400, 404, 405)


def test_the_database_holds_no_token(path: str, everything: Everything, app: Flask) -> None:
    token = path.rpartition("/")[2]
    with everything() as session:
        [link] = session.scalars(select(PublicLink)).all()
        assert token not in str(vars(link))
        assert len(link.token_hash) == 64
    assert len(token) == 43


def test_who_is_signed_in_sees_what_everybody_sees(
    as_user: AsUser, client: Client, path: str
) -> None:
    headers = {"Accept-Language": "fr"}
    for person in ("olga", "nadia"):
        shown = as_user(person).get(path, headers=headers)
        assert shown.status_code == 200
        assert "c-side" not in shown.text
        assert "Olga" not in shown.text


def test_links_are_rate_limited(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [client.get("/p/none") for _time in range(121)]
    assert [one.status_code for one in answers[:120]] == [404] * 120
    assert answers[120].status_code == 429
    assert answers[120].headers["Cache-Control"] == "private, no-store"


@pytest.mark.both
def test_links_go_long_after_their_end_and_with_their_catalogue(acting: Acting, app: Flask) -> None:
    with acting("claire") as session:
        made, other = catalog(), catalog(name="Autre")
        company = session.get_one(Company, made.company_id)
        old, _address = share(made, company)
        old.link.expires_at = utcnow() - links.KEPT - timedelta(days=1)
        share(other, company)
    with app.app_context():
        assert links.purge() == 1
        assert links.purge() == 0
    with acting("alice") as session:
        [kept] = session.scalars(select(CatalogLink)).all()
        assert kept.catalog_id == other.id
        session.delete(again(other))
        session.commit()
        assert session.scalars(select(CatalogLink)).all() == []
