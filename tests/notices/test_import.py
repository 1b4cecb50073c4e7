"""An import tells its person that it has finished, and each new owner once of all that they got."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.core.transfer import writing
from crm.notices.models import Notice
from tests.fixtures import Cast, Client
from tests.imports.conftest import Load, load

pytestmark = pytest.mark.both

MAP = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
name = "organization"
owner = { field = "owner", by = "username" }
"""
FILE = "ref,name,owner\n" + "".join(
    f"{n},Nr {n},{'claire' if n % 4 else 'hugo'}\n" for n in range(8)
)


def test_an_import_tells_each_owner_once(
    load: Load,
    as_user: Callable[[str], Client],
    everything: Callable[[], AbstractContextManager[Session]],
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "FIRST", 2)  # several transactions
    monkeypatch.setattr(writing, "MOST", 2)
    assert load("leads", FILE, MAP, username="marc").is_written
    with everything() as session:
        found = session.execute(select(Notice.user_id, Notice.kind, Notice.number))
        assert sorted(tuple(one) for one in found) == [
            (cast.marc, "imported", 1), (cast.claire, "assigned", 6), (cast.hugo, "assigned", 2),
        ]  # fmt: skip
    claire, marc = (as_user(name).get("/notices/list/").text for name in ("claire", "marc"))
    assert "Marc Morel assigned you 6 leads" in claire
    assert "Import finished: file.csv" in marc
    assert "8 records created." in marc
    assert 'href="/leads/list/"' in marc


def test_an_import_that_changes_no_owner_assigns_nothing(
    load: Load, everything: Callable[[], AbstractContextManager[Session]]
) -> None:
    load("leads", FILE, MAP, username="marc")
    load("leads", FILE.replace("Nr", "No"), MAP, username="marc")
    with everything() as session:
        kinds = session.scalars(select(Notice.kind)).all()
        assert sorted(kinds) == ["assigned", "assigned", "imported", "imported"]


__all__ = ["load"]
