"""What is said of a series before it is saved, in both languages."""

from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import force_locale

from crm.calendar.recurrence import LAST, Frequency, Rule, occurrences
from crm.calendar.rule_words import RuleText, describe

PARIS = ZoneInfo("Europe/Paris")
WEEKS = Rule(frequency=Frequency.WEEKLY, interval=2, weekdays=(0, 2, 4), count=6)


@pytest.fixture
def said(app: Flask) -> Callable[..., RuleText]:
    @contextmanager
    def speaking(language: str) -> AbstractContextManager[None]:  # type: ignore[misc]  # a generator
        with app.test_request_context(), force_locale(language):
            yield

    def say(rule: Rule, start: str, language: str = "fr", *, all_day: bool = False) -> RuleText:
        moment = datetime.fromisoformat(start).replace(tzinfo=PARIS)
        with speaking(language):
            return describe(rule, occurrences(rule, moment, PARIS), PARIS, all_day=all_day)

    return say


def test_the_rule_of_the_picture(said: Callable[..., RuleText]) -> None:
    text = said(WEEKS, "2027-03-03T10:00")
    assert text.sentence == (
        "Toutes les 2 semaines, les lundis, mercredis et vendredis à 10:00, "
        "6 fois à partir du mercredi 03/03/2027."
    )
    assert text.dates == ["mer. 03/03", "ven. 05/03", "lun. 15/03", "mer. 17/03", "ven. 19/03"]
    assert text.more == "et 1 autre, la dernière lun. 29/03"
    assert text.clock == (
        "L’heure reste 10:00 à Paris, avant et après le passage à l’heure d’été du 28/03/2027."
    )


def test_the_same_in_english(said: Callable[..., RuleText]) -> None:
    text = said(WEEKS, "2027-03-03T10:00", "en")
    assert text.sentence == (
        "Every 2 weeks, on Mondays, Wednesdays, and Fridays at 10:00, "
        "6 times from Wednesday 3 Mar 2027."
    )
    assert text.dates[0] == "Wed 3 Mar"
    assert text.more == "and 1 more, the last one on Mon 29 Mar"
    assert text.clock == (
        "The time stays 10:00 in Paris, before and after the change to summer time on 28 Mar 2027."
    )


@pytest.mark.parametrize(
    ("rule", "start", "sentence"),
    [
        (
            Rule(frequency=Frequency.DAILY, count=1), "2027-03-01T10:00",
            "Chaque jour à 10:00, 1 fois à partir du lundi 01/03/2027.",
        ),
        (
            Rule(frequency=Frequency.MONTHLY, count=5), "2027-01-31T10:00",
            (
                "Chaque mois, le 31 ou le dernier jour du mois à 10:00, "
                "5 fois à partir du dimanche 31/01/2027."
            ),
        ),
        (
            Rule(frequency=Frequency.MONTHLY, interval=3, position=2, count=3), "2027-01-12T10:00",
            "Tous les 3 mois, le 2ᵉ mardi à 10:00, 3 fois à partir du mardi 12/01/2027.",
        ),
        (
            Rule(frequency=Frequency.MONTHLY, position=LAST, until=date(2027, 5, 28)),
            "2027-01-29T10:00",
            (
                "Chaque mois, le dernier vendredi à 10:00, "
                "du vendredi 29/01/2027 au vendredi 28/05/2027."
            ),
        ),
        (
            Rule(frequency=Frequency.YEARLY, count=2), "2027-06-15T10:00",
            "Chaque année, le 15 juin à 10:00, 2 fois à partir du mardi 15/06/2027.",
        ),
        (
            Rule(frequency=Frequency.YEARLY, count=5), "2028-02-29T10:00",
            "Chaque année, le 29 février ou le 28 à 10:00, 5 fois à partir du mardi 29/02/2028.",
        ),
    ],
)  # fmt: skip
def test_each_rule_in_french(
    said: Callable[..., RuleText], rule: Rule, start: str, sentence: str
) -> None:
    assert said(rule, start).sentence == sentence


def test_whole_days_have_no_time_and_know_no_clocks(said: Callable[..., RuleText]) -> None:
    text = said(WEEKS, "2027-03-03T00:00", all_day=True)
    assert ":" not in text.sentence
    assert text.clock == ""


def test_the_change_to_winter_time_and_a_year_that_ends(said: Callable[..., RuleText]) -> None:
    text = said(Rule(frequency=Frequency.WEEKLY, weekdays=(2,), count=16), "2027-10-20T23:30")
    assert "à l’heure d’hiver du 31/10/2027" in text.clock
    assert text.more == "et 11 autres, la dernière mer. 02/02/2028"


def test_a_skipped_time_is_said(said: Callable[..., RuleText]) -> None:
    text = said(Rule(frequency=Frequency.DAILY, count=3), "2027-03-27T02:30")
    assert text.clock == "Le 28/03/2027, 02:30 n’existe pas\u00a0: ce jour-là, ce sera à 03:30."
