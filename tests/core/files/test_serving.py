"""A file is a download in which nothing runs, under whatever name it was sent."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, Response
from werkzeug.exceptions import NotFound

from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.core.files.serving import answer

CONTENT = b"%PDF-1"
NAMES = {
    "tarif.pdf": "attachment; filename=tarif.pdf",
    "été.pdf": "attachment; filename=ete.pdf; filename*=UTF-8''%C3%A9t%C3%A9.pdf",
    'a"; filename=b.html': 'attachment; filename="a\\"; filename=b.html"',
    "<script>alert(1)</script>.pdf": 'attachment; filename="<script>alert(1)</script>.pdf"',
    "价目表.pdf": "attachment; filename=.pdf; filename*=UTF-8''%E4%BB%B7%E7%9B%AE%E8%A1%A8.pdf",
}


@pytest.fixture
def kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The values of a stored file."""
    monkeypatch.setattr(storage, "read", lambda key: io.BytesIO(CONTENT))
    return {
        "key": "aa/key", "file_name": "a.pdf", "media_type": "application/pdf",
        "size": len(CONTENT), "sha256": "0" * 64, "created_on": datetime(2027, 1, 1, tzinfo=UTC),
        "is_safe": False,
    }  # fmt: skip


def asked(app: Flask, values: dict[str, Any], *, inline: bool = False, **headers: str) -> Response:
    with app.test_request_context(headers=headers):
        response = app.process_response(answer(StoredFile(**values), inline=inline))
    response.direct_passthrough = False  # what it answers can be read
    return response


@pytest.mark.parametrize("name", NAMES)
def test_a_name_adds_no_header_and_no_parameter(app: Flask, kept: Any, name: str) -> None:
    found = asked(app, kept | {"file_name": name})
    assert found.headers["Content-Disposition"] == NAMES[name]


@pytest.mark.parametrize("media_type", ["application/pdf", "text/html", "image/svg+xml"])
def test_a_file_that_is_not_safe_is_never_a_page_of_ours(
    app: Flask, kept: Any, media_type: str
) -> None:
    for inline in (False, True):
        found = asked(app, kept | {"media_type": media_type}, inline=inline)
        assert found.headers["Content-Disposition"].startswith("attachment")
        assert "default-src 'none'; sandbox;" in found.headers["Content-Security-Policy"]
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert found.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_safe_file_is_shown_where_a_page_asks_for_it(app: Flask, kept: Any) -> None:
    shown = asked(app, kept | {"is_safe": True}, inline=True)
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    assert asked(app, kept | {"is_safe": True}).headers["Content-Disposition"].startswith("att")


def test_a_part_and_an_unchanged_file_are_answered_as_such(app: Flask, kept: Any) -> None:
    part = asked(app, kept, Range="bytes=1-3")
    assert (part.status_code, part.get_data()) == (206, b"PDF")
    assert asked(app, kept, **{"If-None-Match": f'"{"0" * 64}"'}).status_code == 304


def test_a_missing_content_is_a_404(app: Flask, kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with app.test_request_context(), pytest.raises(NotFound):
        answer(StoredFile(**kept | {"key": "no/such"}))
