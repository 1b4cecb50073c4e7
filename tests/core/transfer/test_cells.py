"""Cells are read by the map's formats, in nobody's language."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm.core.models import Spec
from crm.core.models.kinds import BY_NAME
from crm.core.transfer.cells import FileFormat, read_line, slug_of
from crm.core.transfer.formulas import escape_formula, unescape_formula
from crm.core.transfer.mapping import FieldRule, read_map
from crm.core.transfer.sheet import CsvLine


def read(kind: str, text: str, *, reader: str = "en", **rule: Any) -> Any:
    spec = Spec("", BY_NAME[kind], places=2, choices={"1": "Monthly", "a": "Ja"})
    return spec.parse(text, FileFormat(FieldRule("", "", **rule), "Europe/Paris", "fr", reader))


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", ".", "1234.5"),
        ("1,234,567.89", ".", "1234567.89"),
        ("1 234,50", ",", "1234.50"),
        ("1.234.567,8", ",", "1234567.8"),
        ("\u22125", ",", "-5"),
        ("1,5", ".", None),
        ("1.5", ",", None),
        ("1,23,4", ".", None),
        ("12e3", ".", None),
        ("nan", ".", None),
        ("9" * 19, ".", None),
    ],
)
def test_numbers(text: str, decimal: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match="is not a number"):
            read("money", text, decimal=decimal)
    else:
        assert read("money", text, decimal=decimal) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "reader", "value"),
    [
        ("1\u202f234,56\u00a0€", "fr", "1234.56"),
        ("1100.04", "fr", "1100.04"),
        ("1,234.50", "en", "1234.50"),
        ("12.500", "fr", None),  # thousands or thousandths
        ("0,125", "en", None),
    ],
)
def test_without_a_word_in_the_map_numbers_are_those_of_the_form(
    text: str, reader: str, value: str | None
) -> None:
    if value is None:
        with pytest.raises(ValueError, match="is not a number, for example 1"):
            read("money", text, reader=reader)
    else:
        assert read("money", text, reader=reader) == Decimal(value)


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("country", "Allemagne", "DE"),
        ("country", "germany", "DE"),
        ("country", "FR", "FR"),
        ("language", "Français", "fr"),
    ],
)
def test_countries_and_languages_may_be_named(kind: str, text: str, code: str) -> None:
    assert read(kind, text) == code


def test_factors() -> None:
    assert read("money", "1100.04", factor=Decimal(1_000_000)) == Decimal(1_100_040_000)
    assert read("integer", "1.5", factor=Decimal(2)) == 3
    with pytest.raises(ValueError, match="whole number"):
        read("integer", "1.5")


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("20-10-16", "%d-%m-%y", date(2016, 10, 20)),
        ("2016-10-20", None, date(2016, 10, 20)),
        ("20/10/2016", None, date(2016, 10, 20)),
        ("20/10/2016", "%d-%m-%y", None),
        ("31-02-16", "%d-%m-%y", None),
    ],
)
def test_dates(text: str, form: str | None, value: date | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match="is not a date in the format"):
            read("date", text, format=form)
    else:
        assert read("date", text, format=form) == value


def test_instants_are_in_the_companys_time_zone() -> None:
    assert read("instant", "2027-01-31 14:00") == datetime(2027, 1, 31, 13, tzinfo=UTC)


def test_choices_and_yes_or_no() -> None:
    assert read("choice", "monthly") == "1"
    assert read("choice", "A") == "a"
    assert read("boolean", "oui") is True
    with pytest.raises(ValueError, match=r"“x” is not one of: 1, a\."):
        read("choice", "x")


def test_a_line_is_columns_then_constants_then_defaults() -> None:
    mapping = read_map(
        """
[columns]
who = [{ field = "first", take = "first" }, { field = "last", take = "rest" },
       { field = "user", take = "slug" }]
sort = { field = "sort", values = { technolgy = "Technology", "n/a" = "" } }
[constants]
name = "{sort} of {who}"
[defaults]
mail = "{slug}@example.com"
sort = "Other"
reason = { value = "Autre", when = { sort = "Lost" } }
"""
    )

    def line(who: str, sort: str) -> dict[str, str]:
        told = read_line(mapping, CsvLine(2, {"who": who, "sort": sort}))
        return {name: one.text for name, one in told.items()}

    assert line(" Mei-Mei  Johns ", "technolgy") == {
        "first": "Mei-Mei", "last": "Johns", "user": "mei-mei-johns", "sort": "Technology",
        "name": "technolgy of Mei-Mei  Johns", "mail": "mei-mei-johns@example.com",
    }  # fmt: skip
    assert line("Cher", "n/a")["sort"] == "Other"
    assert line("Cher", "x")["last"] == "Cher"
    assert line("Cher", "Lost")["reason"] == "Autre"


def test_slugs_are_ascii() -> None:
    assert slug_of("Élise d'Arc–Œuvre") == "elise-d-arc-oeuvre"


@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-x", "@me", "\tx", "＝1", "＋1", "－1", "＠x"])
def test_formulas_are_defused_and_come_back(text: str) -> None:
    assert escape_formula(text) == "'" + text
    assert unescape_formula(escape_formula(text)) == text
    assert unescape_formula("'tis") == escape_formula("'tis") == "'tis"
