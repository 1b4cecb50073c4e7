"""The two pages of settings, and what a saved setting does to everyone's next request."""

import re

import pytest
from flask_appbuilder.security.sqla.models import User

from crm.companies.models import AppSettings
from crm.core.journal import Journal
from crm.leads.models import LeadStatus
from tests.companies.filled import PAGE, posted, save


@pytest.mark.accept("A-01")
def test_the_page_shows_every_option_in_french(as_user, everything):
    with everything() as session:
        session.query(User).filter_by(username="alice").one().language = "fr"
    alice = as_user("alice")
    assert PAGE in alice.get("/apps/").text
    page = alice.get(PAGE).text
    assert '<h1 id="title">Application CRM</h1>' in page
    names = set(posted(page)) | set(re.findall(r'name="([a-z_]+)"', page))
    hidden = {"id", "row_version", "created_on", "changed_on", "created_by_id", "changed_by_id"}
    hidden.add("first_steps")  # home has it
    for column in set(AppSettings.__table__.columns.keys()) - hidden:
        assert column.removesuffix("_id") in names
    assert "assignable_groups" in names


@pytest.mark.accept("A-23")
@pytest.mark.parametrize("name", ["marc", "claire", "ines", "audrey"])
def test_only_admins_open_the_settings(as_user, cast, name):
    client = as_user(name)
    for address in ("/apps/", PAGE, f"/settings/companies/{cast.france}"):
        assert client.get(address).status_code == 403
    assert client.post(PAGE, data={}).status_code == 403
    assert PAGE not in client.get("/leads/list/").text


@pytest.mark.accept("A-02")
def test_groups_stand_folded_under_their_choice(as_user):
    page = as_user("alice").get(PAGE).text
    fold = page[page.index('id="f-assignable_users"') :]
    opener = re.search(r'<input type="radio"[^>]*value="groups"[^>]*>', fold)
    assert opener is not None
    assert "data-opens" in opener[0]
    assert fold.index('class="dep"') < fold.index('name="assignable_groups"')


@pytest.mark.accept("A-28")
def test_groups_mode_without_a_group_is_refused(as_user, everything):
    alice = as_user("alice")
    answer = save(alice, assignable_users="groups", bin_days="30")
    assert answer.status_code == 422
    assert "Choose at least one group." in answer.text
    assert posted(answer.text)["bin_days"] == "30"
    assert posted(answer.text)["assignable_users"] == "groups"
    with everything() as session:
        assert session.get(AppSettings, 1).bin_days == 90


def test_a_folded_value_is_kept(as_user, cast, everything):
    alice = as_user("alice")
    chosen = {"assignable_users": "groups", "assignable_groups": str(cast.sales)}
    assert save(alice, **chosen, assignable_everywhere="1").status_code == 303
    # Back to everyone, with whatever stands in what is folded away.
    values = {"assignable_users": "all", "assignable_groups": None, "assignable_everywhere": None}
    assert save(alice, **values, default_recurring_duration="abc").status_code == 303
    with everything() as session:
        row = session.get(AppSettings, 1)
        assert [group.id for group in row.assignable_groups] == [cast.sales]
        assert row.assignable_everywhere
        assert row.default_recurring_duration == 12


def test_wrong_numbers_keep_what_was_typed(as_user):
    for wrong in ("400", "x", "0", ""):
        answer = save(as_user("alice"), stale_after_days=wrong, manage_agencies="1", bin_days="7")
        assert answer.status_code == 422
        back = posted(answer.text)
        assert (back["stale_after_days"], back["bin_days"]) == (wrong, "7")
        assert back["manage_agencies"] == "1"
        assert answer.text.count('aria-invalid="true"') == 1


def test_defaults_are_open_rows_in_use(as_user, everything):
    alice = as_user("alice")
    page = alice.get(PAGE).text
    select = page[page.index('name="lead_default_status"') :]
    offered = re.findall(r'<option value="(\d+)"', select[: select.index("</select>")])
    with everything() as session:
        lost = session.query(LeadStatus).filter_by(kind="lost").first().id
    assert str(lost) not in offered
    answer = save(alice, lead_default_status=str(lost))
    assert answer.status_code == 422


def test_two_admins_settle_it_field_by_field(as_user, everything):
    alice, other = as_user("alice"), as_user("admin")
    mine = posted(alice.get(PAGE).text)
    assert save(other, bin_days="60", manage_agencies="1").status_code == 303
    answer = alice.post(PAGE, data={**mine, "bin_days": "45", "stale_after_days": "20"})
    assert answer.status_code == 409
    assert all(bin_days in answer.text for bin_days in ("60", "45", "90"))
    settled = posted(answer.text) | {"choice_bin_days": "saved"}
    assert alice.post(PAGE, data=settled).status_code == 303
    with everything() as session:
        row = session.get(AppSettings, 1)
        assert (row.bin_days, row.stale_after_days, row.manage_agencies) == (60, 20, True)


def test_a_change_of_groups_alone_is_noticed_by_the_second_admin(as_user, cast):
    alice, other = as_user("alice"), as_user("admin")
    groups = {"assignable_users": "groups", "assignable_groups": [str(cast.sales)]}
    assert save(alice, **groups).status_code == 303
    mine = posted(alice.get(PAGE).text)
    both = [str(cast.sales), str(cast.support)]
    assert save(other, assignable_groups=both).status_code == 303
    assert alice.post(PAGE, data={**mine, "bin_days": "45"}).status_code == 409


def test_the_journal_says_who_changed_what(as_user, cast, everything):
    alice = as_user("alice")
    save(alice, assignable_users="groups", assignable_groups=str(cast.sales), bin_days="30")
    page = alice.get(PAGE).text
    journal = page[page.index('id="s-history"', page.index("</nav>")) :]
    assert all(words in journal for words in ("Alice Arnaud", "Sales", "30"))
    with everything() as session:
        kinds = {row.kind for row in session.query(Journal).filter_by(user_id=cast.alice)}
    assert kinds == {"app_settings"}


@pytest.mark.accept("A-19")
@pytest.mark.accept("A-14")
def test_a_setting_holds_at_the_next_click_of_everyone(as_user):
    alice, claire = as_user("alice"), as_user("claire")
    assert "Agency" not in claire.get("/leads/add").text
    assert save(alice, manage_agencies="1").status_code == 303
    assert "Agency" in claire.get("/leads/add").text
    assert alice.get("/agencies/list/").status_code == 200
    save(alice, manage_agencies=None)
    assert "Agency" not in claire.get("/leads/add").text
    assert alice.get("/agencies/list/").status_code == 404


def test_the_page_stays_within_its_budget(as_user, counting, cast):
    alice = as_user("alice")
    save(alice, assignable_users="groups", assignable_groups=str(cast.sales))
    alice.get(PAGE)
    with counting() as statements:
        alice.get(PAGE)
    assert len(statements) <= 12
    with counting() as statements:
        alice.get(f"/settings/companies/{cast.france}")
    assert len(statements) <= 12


# One company ────────────────────────────────────────────────────────────────────────────────────


def test_a_company_inherits_the_recurring_duration(as_user, cast):
    alice, here = as_user("alice"), f"/settings/companies/{cast.france}"
    assert "recurring_duration" not in posted(alice.get(here).text)
    save(alice, manage_recurring="1", default_recurring_duration="18")
    page = alice.get(here).text
    assert "Inherited from the application: 18 months" in page
    assert save(alice, here, recurring_duration="24").status_code == 303
    assert "Application: 18 months" in alice.get(here).text
    assert "24 months" in alice.get(PAGE).text


@pytest.mark.accept("A-12")
def test_recurring_leaves_no_trace_while_it_is_off(as_user, cast):
    alice = as_user("alice")
    assert "Recurring</th>" not in alice.get(PAGE).text
    save(alice, manage_recurring="1")
    page = alice.get(PAGE).text
    assert "Recurring</th>" in page
    assert posted(page)["default_recurring_duration"] == "12"


def test_numbers_show_the_next_one(as_user, cast):
    alice, here = as_user("alice"), f"/settings/companies/{cast.france}"
    assert "Next number: O0001" in alice.get(here).text
    assert save(alice, here, opportunity_prefix="AF-", opportunity_padding="6").status_code == 303
    assert "Next number: AF-000001" in alice.get(here).text
    assert save(alice, here, opportunity_prefix="").status_code == 422


def test_copying_fills_in_and_saves_nothing(as_user, cast):
    alice, here = as_user("alice"), f"/settings/companies/{cast.france}"
    save(alice, f"/settings/companies/{cast.iberia}", quote_validity_days="45")
    copied = alice.get(f"{here}?from={cast.iberia}").text
    assert posted(copied)["quote_validity_days"] == "45"
    assert posted(alice.get(here).text)["quote_validity_days"] == "30"
    assert alice.post(here, data=posted(copied)).status_code == 303
    assert posted(alice.get(here).text)["quote_validity_days"] == "45"


@pytest.mark.parametrize(
    "address",
    [
        "/settings/companies/99999",
        "/settings/companies/1?from=99999",
        "/settings/companies/1?from=x",
        "/settings/companies/99999999999",
    ],
)
def test_a_company_that_is_not_there_is_404(as_user, address):
    assert as_user("alice").get(address).status_code == 404


def test_the_journal_leaves_out_what_stayed_as_it_was(as_user, cast, everything):
    save(as_user("alice"), bin_days="30")
    with everything() as session:
        (entry,) = session.query(Journal).filter_by(user_id=cast.alice, kind="app_settings")
        assert entry.changes == {"bin_days": [90, 30]}


@pytest.mark.accept("A-19")
def test_two_admins_who_change_different_settings_see_each_other_and_keep_both(as_user, everything):
    alice, other = as_user("alice"), as_user("admin")
    mine = posted(alice.get(PAGE).text)
    assert save(other, bin_days="60", manage_agencies="1").status_code == 303
    answer = alice.post(PAGE, data={**mine, "stale_after_days": "20"})
    assert answer.status_code == 409
    seen = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    assert "0 fields" not in seen
    assert "Your change does not conflict with theirs: save, and both are kept." in seen
    assert all(words in seen for words in ("Days kept in the bin", "90", "60", "agencies"))
    assert 'type="radio"' not in seen, "there is nothing to choose"
    assert alice.post(PAGE, data=posted(answer.text)).status_code == 303
    with everything() as session:
        row = session.get(AppSettings, 1)
        assert (row.bin_days, row.stale_after_days, row.manage_agencies) == (60, 20, True)


def test_two_admins_settle_one_companys_settings(as_user, cast):
    alice, other = as_user("alice"), as_user("admin")
    path = f"/settings/companies/{cast.france}"
    mine = posted(alice.get(path).text)
    assert save(other, path, quote_validity_days="45").status_code == 303
    answer = alice.post(path, data={**mine, "payment_terms": "30 jours"})
    assert answer.status_code == 409
    assert "45" in answer.text
    assert alice.post(path, data=posted(answer.text)).status_code == 303
    now = posted(alice.get(path).text)
    assert (now["quote_validity_days"], now["payment_terms"]) == ("45", "30 jours")
