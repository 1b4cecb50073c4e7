"""The short way to a list's cells and the way by Fields, which records take, say the same."""

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from crm.companies.actors import load_actor
from crm.core.actor import acting_as
from crm.core.db import db
from crm.core.views.base import all_views
from crm.core.views.cells import cell_renderer, render_cell
from tests.fixtures import World


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_list_draws_each_value_as_its_field_is_drawn(planted: World, language: str) -> None:
    """A column that `field_of` completes is among the `annotated_columns` of its view."""
    seen = 0
    with planted.app.test_request_context("/"), force_locale(language):
        actor = load_actor(planted.cast.people["alice"])
        assert actor is not None
        with acting_as(actor):
            for view in all_views():
                found = db.session.scalars(select(view.datamodel.obj).limit(5)).unique()
                for row in found:
                    for name in view.list_columns:
                        whole = render_cell(view.list_field(row, name))
                        assert cell_renderer(view, name)(row) == whole, (view.endpoint, name)
                        seen += 1
    assert seen > 200
