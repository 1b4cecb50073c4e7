"""Fields of rich text: the same text by every path, and plain text where there are no tags."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind
from crm.companies.models import AppSettings
from crm.core.models.rich_text import clean
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import again, make, save
from tests.fixtures import Acting, Client
from tests.imports.conftest import Load, load
from tests.markup import main_form

__all__ = ["load"]
pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]

SENT = '<div onclick="x()">Rappeler <b>mardi</b>,<script>y()</script> <a href=https://a.fr>ici</a></div>'
KEPT = '<p>Rappeler <strong>mardi</strong>, <a href="https://a.fr">ici</a></p>'
TEXT = "Rappeler mardi, ici (https://a.fr)"
MAP = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
name = "organization"
text = "description"
"""


def described(everything: Everything) -> str | None:
    with everything() as session:
        return session.scalars(select(Lead.description)).one()


@pytest.fixture
def lead(acting: Acting) -> Lead:
    with acting("claire"):
        made: Lead = make(Lead, description=SENT)
    return made


def test_form_and_field_clean_alike(as_user: AsUser, lead: Lead, everything: Everything) -> None:
    assert described(everything) == KEPT
    claire, url = as_user("claire"), f"/leads/edit/{lead.id}"
    form = main_form(claire.get(url).text)
    assert form["description"] == [KEPT]
    other = SENT.replace("mardi", "lundi")
    assert claire.post(url, data=form | {"description": other}).status_code == 303
    assert described(everything) == KEPT.replace("mardi", "lundi")
    place = f"/leads/field/{lead.id}/description"
    version = {"row_version": str(int(form["row_version"][0]) + 1)}
    assert claire.post(place, data=version | {"description": SENT}).status_code == 200
    assert described(everything) == KEPT


def test_a_form_sent_back_unchanged_changes_nothing(
    as_user: AsUser, acting: Acting, everything: Everything
) -> None:
    claire = as_user("claire")
    for text in (SENT, "two\nlines\n\n\n a paragraph", "<p>a</p> & b", "<p>&lt;p&gt;</p>"):
        with acting("claire"):
            lead = make(Lead, description=text)
        url = f"/leads/edit/{lead.id}"
        assert claire.post(url, data=main_form(claire.get(url).text)).status_code == 303
        with acting("claire"):
            assert again(lead).description == clean(text)
            assert again(lead).row_version == 1


def test_a_plain_text_is_offered_as_it_was_typed(as_user: AsUser, acting: Acting) -> None:
    """Without script nobody sees a tag that they have not typed."""
    typed = "Met at the fair, <b>wants</b> 3 & more\n\nCall back"
    with acting("claire"):
        lead = make(Lead, description=typed)
    form = main_form(as_user("claire").get(f"/leads/edit/{lead.id}").text)
    assert form["description"] == [typed]


def test_files_lists_and_journal_hold_plain_text(
    as_user: AsUser, acting: Acting, everything: Everything, lead: Lead, load: Load
) -> None:
    claire = as_user("claire")
    with acting("claire"):
        save(again(lead), description=KEPT.replace("mardi", "lundi"), external_ref="1")
        save(again(lead), description=KEPT.replace("mardi", "lundi").replace("strong>", "em>"))
    page = claire.get(f"/leads/show/{lead.id}?tab=history").text
    assert TEXT in page
    assert TEXT.replace("mardi", "lundi") in page
    assert "other formatting" in page
    assert "&lt;p&gt;" not in page
    told = load("leads", f'ref,name,text\n1,Élan,"{TEXT}"\n'.replace("mardi", "lundi"), MAP)
    assert "1 record already existed." in told, "an export holds the text alone"
    assert "<em>lundi</em>" in (described(everything) or "")
    load("leads", 'ref,name,text\n1,Élan,"<p>a</p> & <b>b</b>\n\nc"\n', MAP)
    assert described(everything) == "<p>&lt;p&gt;a&lt;/p&gt; &amp; &lt;b&gt;b&lt;/b&gt;</p><p>c</p>"


def test_a_filter_finds_text_and_no_tags(as_user: AsUser, acting: Acting) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), show_customer_description=True)
    with acting("claire"):
        notes = "<p>Prix < 30 & <b>Pai</b>e en mars</p><ul><li>a</li></ul>"
        account = make(Account, kind=AccountKind.PROSPECT, notes=notes)
        make(Opportunity, account=account)
    claire = as_user("claire")
    for text, is_found in (
        ("paie en", True),
        ("< 30 %26", True),
        ("strong", False),
        ("amp", False),
    ):
        page = claire.get(f"/opportunities/list/?_flt_0_account.notes={text}").text
        assert ("Projet Alpha" in page) is is_found, text


def test_too_long_a_text_is_refused(as_user: AsUser, acting: Acting) -> None:
    claire = as_user("claire")
    form = main_form(claire.get("/leads/add").text) | {"organization": "Élan"}
    for text in ("x" * 50_001, "<p>" + "<b></b>" * 45_000):
        answer = claire.post("/leads/add", data=form | {"description": text})
        assert answer.status_code == 422
        assert "Enter at most" in answer.text
    assert claire.post("/leads/add", data=form | {"description": "&" * 50_000}).status_code == 303
