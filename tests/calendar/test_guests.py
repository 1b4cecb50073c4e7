"""The guests of an event: who may be one, in the form, on the record and through the API."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from crm.accounts.models import Contact
from crm.calendar.models import Answer, Event, Participant
from crm.core.errors import DomainError
from crm.leads.models import Lead
from tests.factories import again, make, person, save
from tests.fixtures import Acting, Cast, Client

pytestmark = pytest.mark.both

AsUser = Callable[[str], Client]
START = "2038-01-20T10:00"


def typed(cast: Cast, *guests: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The form of an event with these guests, as a browser posts it."""
    data: dict[str, Any] = {
        "type": "meeting", "subject": "Visite", "starts_at": START, "owner": cast.claire,
        "visibility": "public", "availability": "busy",
        "participants-count": len(guests), **more,
    }  # fmt: skip
    for number, guest in enumerate(guests):
        for name in ("id", "user", "contact", "lead", "email", "role"):
            fallback = "required" if name == "role" else ""
            data[f"participants-{number}-{name}"] = guest.get(name, fallback)
    return data


def saved(answer: Any) -> Event:
    """The event that was made, unread."""
    assert answer.status_code == 303
    return Event(id=int(answer.headers["Location"].rpartition("/")[2]))


def guests_of(event: Event) -> list[tuple[str, str]]:
    return [(str(one), one.role) for one in event.participants]


def test_the_form_saves_guests_of_every_kind_and_the_record_shows_them(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        contact, lead = make(Contact, last_name="Guichard"), make(Lead, organization="Bâti")
    claire = as_user("claire")
    data = typed(
        cast,
        {"user": cast.hugo, "role": "optional"},
        {"contact": contact.id},
        {"lead": lead.id},
        {"email": "A.Guest@example.com"},
    )
    event = saved(claire.post("/events/add?type=meeting", data=data))
    with acting("claire"):
        assert guests_of(again(event)) == [
            ("Hugo Henry", "optional"),
            ("Guichard", "required"),
            ("Bâti", "required"),
            ("a.guest@example.com", "required"),
        ]
    page = html.unescape(claire.get(f"/events/show/{event.id}").text)
    for name in ("Hugo Henry", "Guichard", "Bâti", "a.guest@example.com"):
        assert name in page
    assert page.count("Waiting") == 4


def test_what_is_typed_into_the_box_is_a_guest_or_said_to_be_none(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    claire = as_user("claire")
    refused = claire.post("/events/add", data=typed(cast, {"user": cast.hugo}, guest="Sophie"))
    assert refused.status_code == 422
    page = html.unescape(refused.text)
    assert "“Sophie”: choose somebody from the list" in page
    assert 'name="guest" value="Sophie"' in page
    assert f'name="participants-0-user" value="{cast.hugo}"' in page, "the others are kept"
    added = claire.post("/events/add", data=typed(cast, guest="sophie@example.com"))
    with acting("claire"):
        assert guests_of(again(saved(added))) == [("sophie@example.com", "required")]


def test_nobody_is_a_guest_twice_and_the_organiser_is_none(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    twice = ({"user": cast.hugo}, {"user": cast.hugo}, {"email": "x@y.fr"}, {"email": "X@y.fr"})
    data = typed(cast, *twice, {"user": cast.claire})
    event = saved(as_user("claire").post("/events/add", data=data))
    with acting("claire"):
        assert [str(one) for one in again(event).participants] == ["Hugo Henry", "x@y.fr"]
    with acting("marc"):
        save(again(event), owner=person(cast.hugo))
    with acting("marc"):
        assert [str(one) for one in again(event).participants] == ["x@y.fr"]


def test_an_answer_stays_with_a_guest_who_is_chosen_again(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        event = make(Event, participants=[{"user": person(cast.hugo)}])
    with acting("claire"):
        again(event).participants[0].answer = Answer.YES
    with acting("claire"):
        save(again(event), participants=[{"user": person(cast.hugo), "role": "optional"}])
    with acting("claire"):
        kept = again(event).participants
        assert [(one.answer, one.role) for one in kept] == [("yes", "optional")]


def test_strangers_are_refused_like_what_does_not_exist(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("olga"):
        contact, lead = make(Contact), make(Lead)
    claire = as_user("claire")
    for kind, pk in (("contact", contact.id), ("lead", lead.id), ("user", cast.olga)):
        theirs = claire.post("/events/add", data=typed(cast, {kind: pk}))
        nothing = claire.post("/events/add", data=typed(cast, {kind: 999_999}))
        said = [re.findall(r"Line 1[^<]*", html.unescape(one.text)) for one in (theirs, nothing)]
        assert theirs.status_code == nothing.status_code == 422, kind
        assert said[0] == said[1] != [], kind


def test_a_guest_is_of_the_company_of_the_event(acting: Acting, cast: Cast) -> None:
    """Alice sees both companies."""
    with acting("olga"):
        contact = make(Contact)
    with acting("alice") as session:
        event = make(Event)
        abroad = session.get_one(Contact, contact.id)
        with pytest.raises(DomainError) as raised:
            save(event, participants=[{"contact": abroad}])
        assert list(raised.value.fields) == ["participants.0.contact"]
        session.rollback()
    with acting("claire"):
        mine = make(Event)
    with acting("alice"):
        mine = again(mine)
        with pytest.raises(DomainError) as raised:
            save(mine, participants=[{"user": person(cast.olga)}])
        assert list(raised.value.fields) == ["participants.0.user"]
    with acting("alice"):
        save(again(mine), participants=[{"user": person(cast.hugo)}])
    with acting("alice"):
        line = again(mine).participants[0].id
        with pytest.raises(DomainError) as raised:
            save(again(mine), participants=[{"id": line, "user": person(cast.olga)}])
        assert list(raised.value.fields) == ["participants.0.user"]


def test_a_guest_out_of_reach_stays_when_the_form_is_saved(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        contact = make(Contact, last_name="Secret")
        event = make(Event, participants=[{"contact": contact}])
    with acting("alice") as session:
        session.get_one(Contact, contact.id).deleted_at = again(event).created_on
    claire = as_user("claire")
    page = html.unescape(claire.get(f"/events/edit/{event.id}").text)
    assert "Secret" not in page
    assert "Not available" in page
    with acting("claire"):
        row = again(event)
        pk, version = row.participants[0].id, row.row_version
    data = typed(cast, {"id": pk}, row_version=version)
    assert claire.post(f"/events/edit/{event.id}", data=data).status_code == 303
    with acting("claire"):
        assert [one.contact_id for one in again(event).participants] == [contact.id]


def test_the_box_finds_whom_one_may_see_and_takes_addresses(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("olga"):
        make(Contact, last_name="Zorro")
    with acting("claire"):
        make(Contact, last_name="Zola", email="zola@example.com")
        make(Contact, last_name="Zoé", email="z@example.com", do_not_email=True)
        make(Lead, organization="Zoo")
    claire = as_user("claire")

    def found(text: str, **more: Any) -> list[tuple[str, str]]:
        answer = claire.get("/events/guests", query_string={"q": text, **more})
        return [(one["value"].split(":")[0], one["text"]) for one in answer.json["results"]]

    assert found("Zo") == [("contact", "Zoé"), ("contact", "Zola"), ("lead", "Zoo")]
    assert found("hugo") == [("user", "Hugo Henry")]
    assert found("hugo", owner=cast.hugo) == [], "the organiser is no guest"
    assert found("olga") == []
    assert found("New@Example.com") == [("email", "new@example.com")]
    assert found("not an address") == found("") == []
    details = claire.get("/events/guests?q=Zoé").json["results"][0]["detail"]
    assert details == "z@example.com, refuses e-mails"


def test_a_sentence_says_who_gets_an_invitation(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        with_one = make(Contact, last_name="Avec", email="avec@example.com")
        without = make(Contact, last_name="Sans")
        refusing = make(Contact, last_name="Non", email="non@example.com", do_not_email=True)
    claire = as_user("claire")
    lines = [{"contact": one.id} for one in (with_one, without, refusing)]

    def said(path: str, *guests: dict[str, Any], **more: Any) -> str:
        answer = claire.post(f"/events/preview{path}", data=typed(cast, *guests, **more))
        return str(answer.json["guests"])

    assert said("?type=meeting", *lines) == (
        "An invitation goes to Avec when you save. Sans gets none: no e-mail address. "
        "Non gets none: refuses e-mails."
    )
    assert said("?type=meeting") == " "
    assert "nobody gets" in said("?type=meeting", lines[0], starts_at="2020-01-20T10:00",
                                 ends_at="2020-01-20T11:00")  # fmt: skip
    assert said("?type=task", lines[0], starts_at="2038-01-20").startswith("Nobody")
    with acting("claire"):
        event = make(Event, participants=[{"contact": again(with_one)}])
        pk = event.participants[0].id
    assert said(f"?type=meeting&pk={event.id}", {"id": pk, "contact": with_one.id}) == " "
    hidden = as_user("olga").post(f"/events/preview?pk={event.id}", data=typed(cast))
    assert hidden.status_code == 404


def test_the_short_form_has_guests_and_proposes_the_contact(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        contact = make(Contact, last_name="Guichard")
    claire = as_user("claire")
    url = f"/events/add?contact={contact.id}&type=meeting&short=1"
    page = html.unescape(claire.get(url).text)
    assert f'data-proposed="contact:{contact.id}:Guichard"' in page
    whole = claire.post(url, data=typed(cast, {"user": cast.hugo}, show="whole"))
    assert whole.status_code == 200
    assert f'name="participants-0-user" value="{cast.hugo}"' in whole.text


def test_guests_through_the_api(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting, cast: Cast
) -> None:
    headers = token_of("claire")
    with acting("claire"):
        contact = make(Contact, last_name="Guichard")
    guests = [{"contact": contact.id}, {"email": "a@b.fr", "role": "optional"}]
    body = {"subject": "Visite", "starts_at": "2038-01-20T10:00:00Z", "participants": guests}
    made = client.post("/api/v1/events/", json=body, headers=headers)
    assert made.status_code == 201, made.text
    url = f"/api/v1/events/{made.json['id']}"
    read = client.get(url, headers=headers).json["result"]["participants"]
    assert [one["role"] for one in read] == ["required", "optional"]
    assert read[0]["contact"]["label"] == "Guichard"
    assert read[1]["answer"] == "waiting"
    forged = {"participants": [{"email": "a@b.fr", "answer": "yes"}]}
    assert client.put(url, json=forged, headers=headers).status_code == 422
    two = {"participants": [{"email": "a@b.fr", "contact": contact.id}]}
    assert client.put(url, json=two, headers=headers).status_code == 422


def test_the_journal_tells_of_guests_with_the_event(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        event = make(Event)
    with acting("claire"):
        save(again(event), participants=[{"email": "sophie@example.com"}])
        assert len(again(event).participants) == 1
    page = html.unescape(as_user("claire").get(f"/events/show/{event.id}?tab=history").text)
    assert "sophie@example.com" in page


def test_a_participant_is_exactly_one_of_four(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        event = make(Event)
        for line in ({}, {"email": "a@b.fr", "user": person(cast.hugo)}):
            with pytest.raises(DomainError) as raised:
                save(event, participants=[line])
            assert raised.value.fields == {
                "participants.0.email": "Choose a person or type an e-mail address."
            }
            event.participants.clear()
    assert Participant.__parent__ == "event"
