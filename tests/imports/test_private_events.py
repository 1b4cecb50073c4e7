"""What an import does not do with the private events of others."""

import pytest

from crm.calendar.models import Event, Visibility
from tests.factories import again, make
from tests.fixtures import Acting
from tests.imports.conftest import Load

pytestmark = pytest.mark.both

EVENTS = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
subject = "subject"
start = { field = "starts_at", format = "%Y-%m-%d %H:%M" }
who = { field = "owner", by = "username" }
seen = "visibility"
"""
HEAD = "ref,subject,start,who,seen\n"


@pytest.mark.accept("A-76")
def test_an_import_neither_reads_nor_changes_them(load: Load, acting: Acting) -> None:
    with acting("hugo"):
        private = make(Event, subject="Zqobjet", external_ref="E1", visibility=Visibility.PRIVATE)
        version = private.row_version
    said = load("events", f"{HEAD}E1,Autre,2027-03-01 10:00,alice,public\n", EVENTS)
    assert not said.is_written
    assert "Zqobjet" not in said
    with acting("hugo"):
        assert (again(private).subject, again(private).row_version) == ("Zqobjet", version)


def test_an_import_makes_no_private_event_for_somebody_else(load: Load) -> None:
    lines = (
        "A,Le mien,2027-03-01 10:00,alice,private\n",
        "B,Le sien,2027-03-01 10:00,hugo,private\n",
    )
    said = load("events", HEAD + "".join(lines), EVENTS, skip_bad=True)
    assert "Only the person to whom it is assigned can change who sees it." in said
    assert said.is_written
