"""Twenty conversions of one lead at once: one of them is done, the others show what it made."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.companies.models import Counter
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import make
from tests.fixtures import Acting, Cast, signed_in

pytestmark = pytest.mark.both
Everything = Callable[[], AbstractContextManager[Session]]

ASKED = {
    "row_version": "1",
    "account_mode": "create",
    "nature": "organization",
    "organization-name": "Bâti Rhône",
    "contact_mode": "create",
    "contact-last_name": "Marchand",
    "with_opportunity": "1",
    "opportunity-name": "Refonte",
}

PROGRAM = """
import sys
from pathlib import Path
from tests.fixtures import make_app
from tests.leads.test_converting_at_once import converted

url, folder, user_id, pk, number = sys.argv[1:]
app = make_app(url, Path(folder))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(number)):
    print(converted(app, int(user_id), int(pk)), flush=True)
"""


def converted(app: Flask, user_id: int, pk: int) -> str:
    """Where the page leads that was opened before anybody converted."""
    answer = signed_in(app, user_id).post(f"/leads/convert/{pk}", data=ASKED)
    return answer.headers.get("Location") or f"{answer.status_code} {answer.text[:500]}"


@pytest.fixture
def lead(acting: Acting) -> Any:
    with acting("claire"):
        return make(Lead, organization="Bâti Rhône", last_name="Marchand")


def check(everything: Everything, lead: Lead, answers: list[str]) -> None:
    """One account, one contact, one opportunity, and everybody is led to them."""
    assert answers == [f"/leads/show/{lead.id}"] * len(answers)
    with everything() as session:
        for model in (Account, Contact, Opportunity):
            assert session.scalar(select(func.count()).select_from(model)) == 1, model
        became = session.get_one(Lead, lead.id)
        assert None not in (became.account_id, became.contact_id, became.opportunity_id)
        assert session.scalars(select(Counter.last).where(Counter.kind == "account")).all() == [1]


@pytest.mark.slow("twenty conversions at once")
@pytest.mark.accept("A-34")
def test_twenty_threads_make_one_result(
    app: Flask, cast: Cast, everything: Everything, lead: Any
) -> None:
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _n: converted(app, cast.claire, lead.id), range(20)))
    check(everything, lead, found)


@pytest.mark.slow("conversions from several processes")
@pytest.mark.accept("A-34")
def test_several_processes_make_one_result(
    app: Flask, cast: Cast, everything: Everything, lead: Any, tmp_path: Path
) -> None:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).render_as_string(hide_password=False)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, tmp_path, str(cast.claire), str(lead.id), "5"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(4)
    ]
    for one in programs:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in programs:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    told = [one.communicate()[0] for one in programs]
    check(everything, lead, [line for text in told for line in text.splitlines()])
