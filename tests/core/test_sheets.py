"""/X/print/<id>: the sheet of a lead and of an account."""

from collections.abc import Callable

from crm.accounts.models import Account, Contact
from crm.leads.models import Lead
from crm.quotes.models import Quote
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client
from tests.quotes.papers import opened, pages

AsUser = Callable[[str], Client]


def printed(client: Client, path: str) -> list[str]:
    """The text of each page; what is asserted holds for every sheet."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    with opened(answer.data) as pdf:
        assert pdf.open_metadata().pdfa_status == "2A"
    return pages(answer.data)


def test_a_lead_prints_as_one_page(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        lead = make(
            Lead, last_name="Roy", phone="+33465712000", description="<p>Deux <b>presses</b></p>"
        )
    claire = as_user("claire")
    assert f"/leads/print/{lead.id}" in claire.get(f"/leads/show/{lead.id}").text
    (text,) = printed(claire, f"/leads/print/{lead.id}")
    for words in ("Lead", "Élan", "Roy", "04 65 71 20 00", "Deux presses", "Claire Colin"):
        assert words in text, words


def test_an_account_prints_with_its_contacts_and_addresses(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        account = make(
            Account, name="Bâti-Rhône", kind="client", siren="732829320",
            addresses=[{"street": "14 quai Rambaud", "city": "Lyon", "is_billing": True}],
        )  # fmt: skip
        make(Contact, first_name="Paul", phone="+33465712001", links=[{"account": account}])
    (text,) = printed(as_user("claire"), f"/clients/print/{account.id}")
    for words in ("Bâti-Rhône", "14 quai Rambaud", "Paul Roy", "04 65 71 20 01"):
        assert words in text, words


def test_what_is_too_long_for_a_page_is_cut(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        leads = [make(Lead, description="mot " * count) for count in (1500, 12_000)]
    for lead in leads:
        assert len(printed(as_user("claire"), f"/leads/print/{lead.id}")) == 1


def test_a_name_beyond_latin_1_is_a_header_that_a_server_can_send(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        account = make(Account, name="L’Œuvre – Łódź", kind="client")
        quote = make(Quote, account=account, title="Parc d’impression")
    for path in (f"/clients/print/{account.id}", f"/quotes/pdf/{quote.id}"):
        shown = as_user("claire").get(path).headers["Content-Disposition"]
        assert shown.encode("latin-1").startswith(b"inline; filename="), path
        assert "%E2%80%99" in shown, path


def test_only_who_reads_the_record_prints_it(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        lead, account = make(Lead), make(Account, kind="client")
    for path in (f"/leads/print/{lead.id}", f"/clients/print/{account.id}", "/leads/print/999999"):
        assert as_user("olga").get(path).status_code == 404, path
    assert as_user("nadia").get(f"/leads/print/{lead.id}").status_code == 403


def test_a_contact_that_the_reader_does_not_see_is_on_no_paper(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        account = make(Account, kind="client", owner=person(cast.claire))
        marc = person(cast.marc)
        make(Contact, first_name="Secret", owner=marc, links=[{"account": account}])
    assert "Secret" in printed(as_user("marc"), f"/clients/print/{account.id}")[0]
    assert "Secret" not in printed(as_user("claire"), f"/clients/print/{account.id}")[0]
