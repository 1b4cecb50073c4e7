"""The kinds of notices: what each is called, and the sentence that its reader gets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.core.models import Label
from crm.core.models.text import labelled
from crm.notices.models import Notice

ASSIGNED, MAIL_FAILED, IMPORTED = "assigned", "mail_failed", "imported"
REMINDED = "reminded"
ANSWERED = "answered"
QUOTE_ANSWERED = "quote_answered"


@dataclass(frozen=True)
class Told:
    """A notice for its reader.

    `subject` is the sort of record and `name` its name, "" where they do not see it.
    """

    notice: Notice
    subject: str
    who: str
    name: str

    @property
    def args(self) -> Mapping[str, Any]:
        return self.notice.args


def subject_of(table: str, row: Any) -> str:
    """The sort of record, as people name it: a prospect and a client are one table."""
    return str(row.kind) if table == "account" else table


@dataclass(frozen=True)
class Kind:
    """A kind of notices. `context` is what stands below its sentence, beside the record's own.

    Of one that is not `is_chosen`, what causes it says where it is told: a reminder has its
    channels. `args["opens"]` of a notice is the act whose dialog its link opens, for who may do it.
    """

    label: Label
    help: Label
    icon: str
    sentence: Callable[[Told], str]
    context: Callable[[Told], str] = lambda told: ""
    tone: str = ""
    is_chosen: bool = True


@dataclass(frozen=True)
class Words:
    """The sentences about a sort of record: named, not named, several."""

    named: Label
    unnamed: Label
    several: Callable[[str, int], str]


GIVEN = {
    "lead": Words(
        _l("%(who)s assigned you the lead %(name)s"),
        _l("%(who)s assigned you a lead"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s lead", "%(who)s assigned you %(num)s leads", n, who=who
        ),
    ),
    "prospect": Words(
        _l("%(who)s assigned you the prospect %(name)s"),
        _l("%(who)s assigned you a prospect"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s prospect",
            "%(who)s assigned you %(num)s prospects",
            n,
            who=who,
        ),
    ),
    "client": Words(
        _l("%(who)s assigned you the client %(name)s"),
        _l("%(who)s assigned you a client"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s client",
            "%(who)s assigned you %(num)s clients",
            n,
            who=who,
        ),
    ),
    "contact": Words(
        _l("%(who)s assigned you the contact %(name)s"),
        _l("%(who)s assigned you a contact"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s contact",
            "%(who)s assigned you %(num)s contacts",
            n,
            who=who,
        ),
    ),
    "opportunity": Words(
        _l("%(who)s assigned you the opportunity %(name)s"),
        _l("%(who)s assigned you an opportunity"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s opportunity",
            "%(who)s assigned you %(num)s opportunities",
            n,
            who=who,
        ),
    ),
    "quote": Words(
        _l("%(who)s assigned you the quote %(name)s"),
        _l("%(who)s assigned you a quote"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s quote",
            "%(who)s assigned you %(num)s quotes",
            n,
            who=who,
        ),
    ),
    "event": Words(
        _l("%(who)s assigned you the event %(name)s"),
        _l("%(who)s assigned you an event"),
        lambda who, n: ngettext(
            "%(who)s assigned you %(num)s event",
            "%(who)s assigned you %(num)s events",
            n,
            who=who,
        ),
    ),
}


def _assigned(told: Told) -> str:
    words = GIVEN[told.subject]
    if told.notice.number > 1:
        return words.several(told.who, told.notice.number)
    sentence = words.named if told.name else words.unnamed
    return str(sentence) % {"who": told.who, "name": told.name}


def _mail_failed(told: Told) -> str:
    if not told.name:
        return _("An e-mail was not sent")
    return _("E-mail not sent: %(subject)s", subject=told.name)


def _imported(told: Told) -> str:
    return _("Import finished: %(file)s", file=told.args["file"])


def _import_numbers(told: Told) -> str:
    return " ".join(_numbers(told.args))


def _numbers(args: Mapping[str, Any]) -> Iterator[str]:
    created, updated, refused = (args[name] for name in ("created", "updated", "refused"))
    yield ngettext("%(num)s record created.", "%(num)s records created.", created)
    if updated:
        yield ngettext("%(num)s record updated.", "%(num)s records updated.", updated)
    if refused:
        yield ngettext("%(num)s line skipped.", "%(num)s lines skipped.", refused)


def _reminded(told: Told) -> str:
    return _("Reminder: %(event)s", event=told.name) if told.name else _("Reminder")


ANSWERS = {
    "yes": (_l("%(guest)s will come to %(name)s"), _l("%(guest)s will come")),
    "no": (_l("%(guest)s will not come to %(name)s"), _l("%(guest)s will not come")),
    "maybe": (_l("%(guest)s may come to %(name)s"), _l("%(guest)s may come")),
}


def _answered(told: Told) -> str:
    named, unnamed = ANSWERS[told.args["answer"]]
    comment = told.args["comment"]
    said = str(named if told.name else unnamed) % {"guest": told.args["guest"], "name": told.name}
    return labelled(said, _("“%(text)s”", text=comment)) if comment else said


QUOTE_ANSWERS = {
    "accepted": _l("%(customer)s accepted the quote %(quote)s"),
    "refused": _l("%(customer)s refused the quote %(quote)s"),
}


def _quote_answered(told: Told) -> str:
    if not told.name:
        return _("A customer answered a quote")
    names = {"customer": told.args["customer"], "quote": told.args["quote"]}
    return str(QUOTE_ANSWERS[told.args["status"]]) % names


KINDS: dict[str, Kind] = {
    ASSIGNED: Kind(
        _l("A record is assigned to me"),
        _l("Lead, prospect, client, contact, opportunity, quote or event"),
        "user-check",
        _assigned,
    ),
    MAIL_FAILED: Kind(
        _l("An e-mail of mine was not sent"),
        _l("After the last try, or a refusal"),
        "mail-off",
        _mail_failed,
        lambda told: str(told.args["error"]),
        tone="bad",
    ),
    ANSWERED: Kind(
        _l("A guest answers my invitation"),
        _l("Yes, no or maybe, with their comment"),
        "calendar-event",
        _answered,
    ),
    QUOTE_ANSWERED: Kind(
        _l("A customer answers a quote"),
        _l("Accepted or refused, by the link they were sent"),
        "file-invoice",
        _quote_answered,
    ),
    IMPORTED: Kind(
        _l("An import has finished"),
        _l("Imported in my name"),
        "upload",
        _imported,
        _import_numbers,
    ),
    REMINDED: Kind(
        _l("A reminder is due"),
        _l("Of an event, as each reminder says"),
        "bell",
        _reminded,
        is_chosen=False,
    ),
}
