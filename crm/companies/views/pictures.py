"""/pictures: the photos of people and the logos of companies."""

from typing import Any

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.companies.models import Company
from crm.core.db import db
from crm.core.files.models import StoredFile
from crm.core.files.serving import UNCHANGING, answer
from crm.core.rows import linkable
from crm.core.security.page import Page
from crm.core.views import PK, Field


class PictureView(Page):
    """An address carries the id of the file, so that a browser may keep it for good."""

    route_base = "/pictures"
    default_view = "person"

    @expose(f"/person/{PK}")
    def person(self, pk: int) -> ResponseReturnValue:
        """The photo of somebody who shares a company with the reader."""
        return _answered(User, User.picture, pk)

    @expose(f"/company/{PK}")
    def company(self, pk: int) -> ResponseReturnValue:
        """The logo of a company that the reader may read."""
        return _answered(Company, Company.logo, pk)


def _answered(model: type[Any], picture: Any, pk: int) -> ResponseReturnValue:
    known = select(model).where(model.id == pk, linkable(model)).options(joinedload(picture))
    row = db.session.scalars(known).unique().first()
    file: StoredFile | None = getattr(row, picture.key, None)
    return answer(file, inline=True, cache=UNCHANGING) if file is not None else abort(404)


def picture_url(row: Any) -> str:
    """The address of a person's photo or a company's logo; "" where there is none."""
    is_person = isinstance(row, User)
    file_id = row.picture_id if is_person else row.logo_id
    method = "PictureView.person" if is_person else "PictureView.company"
    return url_for(method, pk=row.id, v=file_id) if file_id else ""


def picture_field(row: Any, name: str, label: str) -> Field:
    """The photo or the logo, as a record's page shows it."""
    url = picture_url(row)
    return Field(name, label, "picture", None, str(row) if url else "", url)
