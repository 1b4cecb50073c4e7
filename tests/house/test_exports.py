"""What every list exports: rows that are no mapped objects say the same as those that are."""

from flask import Flask

from crm.companies.actors import load_actor
from crm.core.actor import set_actor
from crm.core.db import db
from crm.core.transfer import columns_of, export_rows, iterate_rows
from crm.core.views.list import ListPages
from tests.fixtures import World


def test_an_export_says_what_the_mapped_rows_say(planted: World) -> None:
    with planted.app.test_request_context("/"):
        actor = load_actor(planted.cast.alice)
        assert actor is not None
        set_actor(actor)
        told = [(view.route_base, *both_ways(view)) for view in views(planted.app)]
    assert len(told) > 10
    for where, plain, mapped in told:
        assert plain == mapped, where
    assert all(len(plain) > 1 for where, plain, _ in told if where in ("/leads", "/quotes"))


def views(app: Flask) -> list[ListPages]:
    found = app.extensions["appbuilder"].baseviews
    return [view for view in found if isinstance(view, ListPages)]


def both_ways(view: ListPages) -> tuple[list[bytes], list[bytes]]:
    """The lines of an export, and those that mapped rows would give."""
    names, statement = view.export_names(), view.datamodel.select()
    columns = columns_of(view.datamodel.obj, names)
    read = iterate_rows(
        view.datamodel, statement, view.order(view.address()), [*names, *view.list_relations]
    )
    mapped = db.session.scalars(statement).unique()
    plain, whole = (b"".join(export_rows(columns, rows)) for rows in (read, mapped))
    return sorted(plain.splitlines()), sorted(whole.splitlines())
