"""Reference data: one view class for every vocabulary, and the rules of spec 3."""

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, Tag
from crm.calendar.models import Event, EventCategory
from crm.companies.models import AppSettings
from crm.core.types import TranslatedText
from crm.leads.models import Lead, LeadStatus
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity, Stage
from crm.quotes.models import VatRate
from tests.factories import again, make, word
from tests.pressing import press

STAGES = "/reference/stages"
EVERYWHERE = (
    "lead-statuses", "stages", "lost-reasons", "sources", "account-categories", "industries",
    "job-titles", "departments", "contact-roles", "tags", "event-categories", "vat-rates", "units",
)  # fmt: skip


def values_of(row, **changes):
    """What the form of a stage or status posts."""
    values = {"name-en": row.name["en"], "name-fr": row.name["fr"], "kind": row.kind.value}
    values |= {"hue": row.hue, "row_version": row.row_version, "active": "1"}
    if isinstance(row, Stage):
        values["probability"] = row.probability
    return {name: value for name, value in {**values, **changes}.items() if value is not None}


def stage(everything, english):
    with everything():
        return word(Stage, english)


def names(session, model):
    rows = session.scalars(select(model).order_by(model.position, model.id))
    return [row.name["en"] for row in rows]


@pytest.mark.parametrize("address", EVERYWHERE)
def test_each_vocabulary_has_its_pages(as_user, address):
    alice = as_user("alice")
    assert f"/reference/{address}/list/" in alice.get("/reference/").text
    assert alice.get(f"/reference/{address}/list/").status_code == 200
    assert alice.get(f"/reference/{address}/add").status_code == 200


def test_everyone_reads_them_and_only_scope_all_changes_them(as_user, everything):
    new = stage(everything, "New")
    claire = as_user("claire")
    assert claire.get("/reference/").status_code == 200
    page = claire.get(f"{STAGES}/list/").text
    assert "Negotiation" in page
    assert f"{STAGES}/add" not in page
    for address in ("add", f"edit/{new.id}", f"field/{new.id}/name"):
        assert claire.get(f"{STAGES}/{address}").status_code == 403
    for address in ("add", f"edit/{new.id}", f"delete/{new.id}", f"up/{new.id}", f"down/{new.id}"):
        assert claire.post(f"{STAGES}/{address}", data=values_of(new)).status_code == 403


@pytest.mark.accept("A-84")
def test_what_an_administrator_changes_holds_in_both_companies(as_user, everything):
    proposal = stage(everything, "Proposal")
    url, renamed = f"{STAGES}/edit/{proposal.id}", values_of(proposal, **{"name-en": "Offer"})
    marc = as_user("marc")
    for address in ("stages", "lead-statuses", "sources"):
        assert marc.get(f"/reference/{address}/list/").status_code == 200
        assert marc.get(f"/reference/{address}/add").status_code == 403
    assert marc.post(url, data=renamed).status_code == 403
    assert as_user("alice").post(url, data=renamed).status_code == 303
    for name in ("marc", "olga"):
        assert "Offer" in as_user(name).get(f"{STAGES}/list/").text


def test_catalogue_types_exist_only_while_catalogues_do(as_user, everything):
    alice = as_user("alice")
    assert "catalog-types" not in alice.get("/reference/").text
    assert alice.get("/reference/catalog-types/list/").status_code == 404
    with everything() as session:
        session.get(AppSettings, 1).manage_catalogs = True
    assert "catalog-types" in alice.get("/reference/").text
    assert alice.get("/reference/catalog-types/list/").status_code == 200


@pytest.mark.accept("A-29")
def test_a_used_stage_is_not_deleted_but_deactivated(as_user, acting, everything):
    with acting("claire"):
        proposal = word(Stage, "Proposal")
        for number in range(12):
            make(Opportunity, name=f"Projet {number}", stage=proposal)
    alice = as_user("alice")
    answer = press(alice, f"{STAGES}/delete/{proposal.id}", follow_redirects=True)
    named = "The settings name this value (Stage of a sent quote): choose another one there first."
    assert f"Used by 12 records; deactivate it instead. {named}" in answer.text
    off = values_of(proposal, active=None)
    assert alice.post(f"{STAGES}/edit/{proposal.id}", data=off).status_code == 303
    with everything() as session:
        used = session.scalars(select(Opportunity).where(Opportunity.stage_id == proposal.id))
        assert len(used.all()) == 12
    form = as_user("claire").get("/opportunities/add").text
    select_ = form[form.index('name="stage"') :].split("</select>")[0]
    assert "Qualification" in select_
    assert "Proposal" not in select_


def test_a_value_that_only_the_settings_name_is_not_deleted(as_user, everything):
    with everything():
        new, rate = word(Stage, "New"), word(VatRate, "20%")
    alice = as_user("alice")
    answer = press(alice, f"{STAGES}/delete/{new.id}", follow_redirects=True)
    assert "The settings name this value (Default opportunity stage)" in answer.text
    assert "Used by" not in answer.text
    answer = press(alice, f"/reference/vat-rates/delete/{rate.id}", follow_redirects=True)
    assert "The settings name this value (Default VAT rate)" in answer.text
    with everything():
        assert again(new).kind == "open"
        assert again(rate).active


def test_a_record_that_uses_a_value_twice_counts_once(as_user, acting, everything):
    with acting("claire"):
        negotiation = word(Stage, "Negotiation")
        deal = make(Opportunity, name="Projet", stage=negotiation, account=make(Account))
        opportunities.win(deal)
        opportunities.reopen(deal)  # now the stage is that of both columns
        assert deal.stage_id == deal.open_stage_id == negotiation.id
    answer = press(as_user("alice"), f"{STAGES}/delete/{negotiation.id}", follow_redirects=True)
    assert "Used by 1 record; deactivate it instead." in answer.text


def test_a_deactivated_stage_stays_on_the_bar_of_its_open_opportunities(as_user, acting):
    with acting("claire"):
        proposal = word(Stage, "Proposal")
        deal = make(Opportunity, name="Projet", stage=proposal)
        other = make(Opportunity, name="Autre")
    alice, off = as_user("alice"), values_of(proposal, active=None)
    assert alice.post(f"{STAGES}/edit/{proposal.id}", data=off).status_code == 303
    claire = as_user("claire")
    page = claire.get(f"/opportunities/show/{deal.id}").text
    bar = page[page.index("c-stages") :].split("</ol>")[0]
    assert "Proposal" in bar
    assert "Proposal" not in claire.get(f"/opportunities/show/{other.id}").text
    form = claire.get(f"/opportunities/edit/{deal.id}").text
    assert "Proposal" in form[form.index('name="stage"') :].split("</select>")[0]


def test_an_unused_value_goes_away_for_good(as_user, everything):
    alice = as_user("alice")
    added = {"name-en": "VIP", "name-fr": "VIP", "hue": "red", "active": "1"}
    assert alice.post("/reference/tags/add", data=added).status_code == 303
    with everything() as session:
        tag = session.scalars(select(Tag)).one()
    assert press(alice, f"/reference/tags/delete/{tag.id}").status_code == 303
    with everything() as session:
        assert session.scalars(select(Tag)).all() == []


def test_the_kind_of_a_used_status_cannot_change(as_user, acting, everything):
    with acting("claire"):
        status = word(LeadStatus, "Nurturing")
        make(Lead, status=status)
    alice = as_user("alice")
    edit = f"/reference/lead-statuses/edit/{status.id}"
    answer = alice.post(edit, data=values_of(status, kind="lost"))
    assert answer.status_code == 422
    assert "The kind of a value in use cannot change." in answer.text


def test_the_type_of_a_used_event_category_cannot_change(as_user, acting):
    with acting("claire") as session:
        category = session.scalars(select(EventCategory)).first()
        make(Event, type=category.type, category=category)
    other = "call" if category.type.value != "call" else "task"
    values = {"name-en": "A", "name-fr": "A", "type": other, "active": "1", "row_version": "1"}
    answer = as_user("alice").post(f"/reference/event-categories/edit/{category.id}", data=values)
    assert "The kind of a value in use cannot change." in answer.text


@pytest.mark.parametrize(
    ("english", "changes", "words"),
    [
        ("Won", {"active": None}, "Keep one active value of each kind."),
        ("Lost", {"active": None}, "Keep one active value of each kind."),
        ("Negotiation", {"kind": "won"}, "Keep at most 1 active value of this kind."),
        (
            "New",
            {"active": None},
            "New records start with this value; choose another default first.",
        ),
    ],
)
def test_exactly_one_won_at_least_one_lost_and_the_default_stay(
    as_user, everything, english, changes, words
):
    row = stage(everything, english)
    answer = as_user("alice").post(f"{STAGES}/edit/{row.id}", data=values_of(row, **changes))
    assert answer.status_code == 422
    assert words in answer.text


def test_a_rate_that_a_company_proposes_stays_in_use(as_user, everything):
    with everything() as session:
        rate = session.scalars(select(VatRate).order_by(VatRate.position)).first()
    values = {"name-en": "20%", "name-fr": "20 %", "rate": "20", "row_version": rate.row_version}
    answer = as_user("alice").post(f"/reference/vat-rates/edit/{rate.id}", data=values)
    assert answer.status_code == 422
    assert "2 companies propose this rate; choose another there first." in answer.text


def test_values_move_and_those_that_close_stay_last(as_user, everything):
    alice = as_user("alice")
    negotiation = stage(everything, "Negotiation")
    assert alice.post(f"{STAGES}/up/{negotiation.id}").status_code == 303
    with everything() as session:
        assert names(session, Stage)[2:4] == ["Negotiation", "Proposal"]
    alice.post(f"{STAGES}/down/{negotiation.id}")
    answer = alice.post(f"{STAGES}/down/{negotiation.id}", follow_redirects=True)
    assert "Closing stages stay at the end." in answer.text
    with everything() as session:
        assert names(session, Stage)[3:] == ["Negotiation", "Won", "Lost"]
        assert session.get(Stage, negotiation.id).row_version == negotiation.row_version


def test_a_new_open_stage_stands_before_those_that_close(as_user, everything):
    values = {"name-en": "Trial", "name-fr": "Essai", "kind": "open", "probability": "60"}
    answer = as_user("alice").post(f"{STAGES}/add", data={**values, "hue": "blue", "active": "1"})
    assert answer.status_code == 303
    with everything() as session:
        assert names(session, Stage)[-3:] == ["Trial", "Won", "Lost"]


def test_new_values_come_last(acting):
    with acting("alice") as session:
        made = [make(Tag, name=TranslatedText(en=name), hue="gray") for name in ("A", "B", "C")]
        assert [tag.position for tag in made] == [0, 1, 2]
        assert names(session, Tag) == ["A", "B", "C"]


def test_the_index_takes_one_statement_for_all_counts(as_user, counting):
    alice = as_user("alice")
    alice.get("/reference/")
    with counting() as statements:
        alice.get("/reference/")
    assert len(statements) <= 4


# In the cells of the list ───────────────────────────────────────────────────────────────────────


def cell(row, name):
    return f"{STAGES}/field/{row.id}/{name}?cell="


def test_a_cell_of_the_list_is_edited_at_its_place(as_user, everything):
    alice, row = as_user("alice"), stage(everything, "Proposal")
    assert f'hx-get="{cell(row, "probability")}"' in alice.get(f"{STAGES}/list/").text
    opened = alice.get(cell(row, "probability")).text.strip()
    assert opened.startswith("<td")
    assert f'data-draft="{cell(row, "probability")}"' in opened
    values = {"probability": "44", "row_version": row.row_version}
    saved = alice.post(cell(row, "probability"), data=values).text.strip()
    assert saved.startswith("<td")
    assert "44" in saved
    assert f'data-saved="{cell(row, "probability")}"' in saved
    assert "hx-get" not in as_user("claire").get(f"{STAGES}/list/").text


def test_a_refused_cell_says_why_and_keeps_what_was_typed(as_user, everything):
    alice, row = as_user("alice"), stage(everything, "Proposal")
    values = {"probability": "140", "row_version": row.row_version}
    answer = alice.post(cell(row, "probability"), data=values)
    assert answer.status_code == 422
    assert 'value="140"' in answer.text
    assert "c-err" in answer.text
    new = stage(everything, "New")  # a rule between rows
    answer = alice.post(cell(new, "active"), data={"row_version": new.row_version})
    assert answer.status_code == 422
    assert "choose another default first" in answer.text


def test_a_cell_that_somebody_else_changed_shows_both_values(as_user, everything):
    alice, row = as_user("alice"), stage(everything, "Proposal")
    url, version = cell(row, "probability"), row.row_version
    alice.post(url, data={"probability": "41", "row_version": version})
    answer = alice.post(url, data={"probability": "42", "row_version": version})
    assert answer.status_code == 409
    assert 'value="42"' in answer.text
    assert "41" in answer.text[answer.text.index("c-changes") :]
    with everything() as session:
        assert session.get(Stage, row.id).probability == 41


def test_a_row_whose_kind_was_changed_is_told_its_new_place(as_user, everything):
    alice, row = as_user("alice"), stage(everything, "Negotiation")
    values = {"kind": "lost", "row_version": row.row_version}
    saved = alice.post(cell(row, "kind"), data=values).text
    with everything() as session:
        order = names(session, Stage)
        place = order.index("Negotiation")
        assert f'data-after="{word(Stage, order[place - 1]).id}"' in saved


def test_a_new_value_is_the_last_row_of_its_list(as_user):
    alice = as_user("alice")
    page = alice.get("/reference/tags/add").text  # an empty list
    assert "c-empty" not in page
    assert "data-new" in page
    values = {"name-en": "VIP", "name-fr": "VIP", "hue": "red", "active": "1"}
    answer = alice.post("/reference/tags/add", data=values)
    assert answer.location == "/reference/tags/add"  # open for the next one
    page = alice.get(answer.location).text
    assert page.index("VIP") < page.index("data-new")
    answer = alice.post(f"{STAGES}/add", data={"name-fr": "Essai", "probability": "140"})
    assert answer.status_code == 422
    row = answer.text[answer.text.index("data-new") :]
    assert 'value="Essai"' in row
    assert 'value="140"' in row
    assert "c-err" in row


def test_no_dialog_opens_over_a_vocabulary(as_user):
    assert "data-ask" not in as_user("alice").get(f"{STAGES}/list/").text
