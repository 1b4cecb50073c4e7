"""Answers for the lines of an import are cached, and the cache is limited."""

import pytest

from crm.core.datamodel import bulk
from crm.core.datamodel.bulk import Bulk


def test_a_question_is_asked_once_for_the_values_that_it_reads() -> None:
    asked: list[int] = []

    def ask(values: object) -> None:
        asked.append(values["company"])  # type: ignore[index]

    one = Bulk()
    for number in range(10):
        one.answer(("owner", 1), {"company": number % 2, "name": number}, ask)
    assert asked == [0, 1]


def test_the_answers_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ANSWERS", 10)
    one = Bulk()
    for number in range(35):
        one.answer(("account", number), {"company": number}, lambda values: str(values["company"]))
    kept = [found for known in one.answers.values() for found in known.values()]
    assert sum(map(len, kept)) == 5
    assert one.answer(("account", 34), {"company": 34}, lambda _values: "again") == "34"
