"""The answer of a user who is invited, on the pages of events. Source: spec 9.2, 9.3."""

from dataclasses import dataclass

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.calendar.display import ANSWERS
from crm.calendar.invitations import answering
from crm.calendar.models import Answer, Event, Participant
from crm.calendar.series.question import event_count
from crm.calendar.series.reach import Reach
from crm.companies.views.owned import OwnedView
from crm.core.db import transaction
from crm.core.models import spec_of
from crm.core.views import PK, Action, Field, FormPage, Panel, RecordPage


@dataclass
class AnswerPage(FormPage):
    """Everything templates/calendar/answer.html places beside the form's own."""

    answers: tuple[tuple[str, str, str, bool], ...] = ()  # value, words, icon, whether it is chosen
    comment: str = ""
    reaches: tuple[tuple[str, str, str], ...] = ()  # value, words, number of events
    error: str = ""


class AnswerPages(OwnedView):
    """Who takes part as a user answers for themself, whatever else they may do to the event."""

    def fill_first_tab(self, page: RecordPage, row: Event) -> None:
        super().fill_first_tab(page, row)
        if mine := answering.own_rows(row):
            answers = self.answer_actions(row)
            page.panels.insert(
                0, Panel(_("Your answer"), lines=[shown_answer(mine[0])], actions=answers)
            )

    def answer_actions(self, row: Event) -> list[Action]:
        """The buttons of an event in which the actor takes part; none once it has begun."""
        if not answering.is_open(row):
            return []
        url, words = self.url("answer", pk=row.id), answer_words()
        return [
            Action(words[one], f"{url}?answer={one}", ANSWERS[one][0], opens_dialog=True)
            for one in answering.OFFERED
        ]

    @expose(f"/answer/{PK}", methods=("GET", "POST"))
    @has_access
    def answer(self, pk: int) -> ResponseReturnValue:
        """Ask for a comment, and of a series for how many (GET); note the answer (POST)."""
        event = self.row(pk)
        mine = answering.own_rows(event) or abort(404)
        if why := answering.refusal(event):
            flash(why, "danger")
            return redirect(self.page_of(event) or self.url("list"), 303)
        if request.method == "GET":
            chosen = request.args.get("answer", mine[0].answer)
            return self._asking_answer(event, chosen, mine[0].comment or "")
        given, comment = request.form.get("answer", ""), request.form.get("comment", "")
        if given not in answering.OFFERED:
            return self._asking_answer(event, "", comment, _("Choose an answer."))
        reach = Reach.ALL if request.form.get("reach") == Reach.ALL else Reach.THIS
        with transaction():
            answering.answer_own(event, Answer(given), comment, reach)
        return self.after_act(event, _("Your answer: %(answer)s", answer=answer_words()[given]))

    def _asking_answer(
        self, event: Event, chosen: str, comment: str, error: str = ""
    ) -> ResponseReturnValue:
        url, words = self.page_of(event) or self.url("list"), answer_words()
        page = AnswerPage(
            _("Will you be there?"), request.path, self.breadcrumbs(event), [], url,
            _("Send my answer"), "",
        )  # fmt: skip
        page.intro = str(event)
        page.answers = tuple(
            (one, words[one], ANSWERS[one][0], one == chosen) for one in answering.OFFERED
        )
        page.comment, page.error, page.reaches = comment, error, _reaches(event)
        if error:
            page.errors = [("answer-yes", _("Answer"), error)]
        return self.render("calendar/answer.html", 422 if error else 200, page=page, row=event)


def _reaches(event: Event) -> tuple[tuple[str, str, str], ...]:
    """This event or all, where one takes part in others of its series that are to come."""
    if event.series_id is None:
        return ()
    number = sum(answering.is_open(one.event) for one in answering.own_rows(event, Reach.ALL))
    if number < 2:
        return ()
    return (
        (Reach.THIS, _("This event"), event_count(1)),
        (Reach.ALL, _("All events of the series"), event_count(number)),
    )


def answer_words() -> dict[str, str]:
    """Answer → its word."""
    return {one: str(text) for one, text in (spec_of(Participant, "answer").choices or {}).items()}


def shown_answer(mine: Participant) -> Field:
    """The answer as a line, with its sign."""
    return Field(
        "answer", "", "next", None, answer_words()[mine.answer], icon=ANSWERS[mine.answer][0]
    )
