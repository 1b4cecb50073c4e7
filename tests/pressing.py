"""Buttons and dialogs, posted with the current version of the row."""

import re
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from crm.core.db import db
from crm.core.rows import unfiltered
from crm.core.views.base import all_views
from tests.fixtures import Client


def press(
    client: Client, address: str, data: dict[str, Any] | None = None, **options: Any
) -> TestResponse:
    """POST to a verb with the version that a page opened now carries."""
    version = str(version_now(client, address))
    return client.post(address, data={"row_version": version, **(data or {})}, **options)


def version_now(client: Client, address: str) -> int:
    """The version of the row that an address of ours is about: /leads/lose/7."""
    found = re.match(r"(/.+)/[a-z_]+/(\d+)(?:/|$)", address)
    assert found, address
    with client.application.app_context(), unfiltered("a test looks at the row itself"):
        model = next(v.datamodel.obj for v in all_views() if v.route_base == found[1])
        return int(
            db.session.scalars(select(model.row_version).where(model.id == int(found[2]))).one()
        )
