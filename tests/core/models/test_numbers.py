"""A number is read with the size that was meant, or it is refused with an example."""

import re
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

import pytest
from babel import Locale
from flask import Flask
from flask_babel import force_locale
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.api.values import value_of
from crm.core.config import languages
from crm.core.models import Spec, kinds
from crm.core.models.codes import currencies
from crm.core.models.numbers import file_number_format, number_format

FRENCH, ENGLISH = number_format(Locale("fr")), number_format(Locale("en"))
GRAMMARS = [
    *(number_format(Locale.parse(code)) for code in ("en", "fr", "de", "es", "de_CH")),
    file_number_format("."),
    file_number_format(","),
]
NUMBERS = st.decimals(-(10**12), 10**12, places=4)
CURRENCIES = st.sampled_from(sorted(currencies()))
DIGITS = st.text("0123456789", max_size=4)
TEXTS = st.builds(
    lambda first, rest: first + "".join(rest),
    DIGITS,
    st.lists(st.builds(str.__add__, st.sampled_from(" .,\u00a0\u202f'"), DIGITS), max_size=3),
)


@pytest.mark.parametrize(
    ("text", "french", "english"),
    [
        ("1234", "1234", "1234"),
        ("1 234,50", "1234.50", None),
        ("1\u202f234,50\u00a0€", "1234.50", None),
        ("1\u00a0234\u00a0567", "1234567", "1234567"),
        ("1,234.50", None, "1234.50"),
        ("€1,234.50", None, "1234.50"),
        ("12,500.00", None, "12500.00"),
        ("12.500,00", "12500.00", None),
        ("12.500", None, "12.500"),
        ("12.5", "12.5", "12.5"),
        ("1234.500", "1234.500", "1234.500"),
        ("0.125", "0.125", "0.125"),
        ("0,125", "0.125", None),
        ("12,5", "12.5", None),
        ("12,500", "12.500", "12500"),
        ("\u2212\u202f1 234,50 EUR", "-1234.50", None),
        ("EUR -5", "-5", "-5"),
        (".5", "0.5", "0.5"),
        ("1 23", None, None),
        ("1234 567", None, None),
        ("0 125", None, None),
        ("1,23,456", None, None),
        ("1.234.567", None, None),
        ("1 234.567.890", None, None),
        ("--5", None, None),
        ("€5€", None, None),
        ("5 apples", None, None),
        ("5 %", None, None),
        ("1e5", None, None),
        ("٣", None, None),
        ("NaN", None, None),
        ("9" * 19, None, None),
        ("1" * 100_000, None, None),
    ],
)
def test_each_language_reads_its_own_signs(
    app: Flask, text: str, french: str | None, english: str | None
) -> None:
    for grammar, value in ((FRENCH, french), (ENGLISH, english)):
        if value is not None:
            assert grammar.read(text, "money") == Decimal(value)
            continue
        with (
            app.test_request_context(),
            pytest.raises(ValueError, match=re.escape(grammar.example)),
        ):
            grammar.read(text, "money")


def test_the_example_is_of_the_language(app: Flask) -> None:
    assert (FRENCH.example, ENGLISH.example) == ("1\u202f234,50", "1,234.50")
    for grammar in GRAMMARS:
        assert grammar.read(grammar.example) == Decimal("1234.50")


def test_a_unit_belongs_to_its_kind(app: Flask) -> None:
    assert FRENCH.read("12,5\u202f%", "percent") == Decimal("12.5")
    with app.test_request_context():
        for text, kind in (("5 €", "percent"), ("5 €", "decimal"), ("5 %", "integer")):
            with pytest.raises(ValueError, match="Enter a"):
                FRENCH.read(text, kind)
        with pytest.raises(ValueError, match=r"Enter a whole number, such as 1,234\."):
            ENGLISH.parse_int("1.5")


@pytest.mark.parametrize("text", ["0,125", "12,500", "1,230"])
def test_more_decimals_than_a_field_keeps_are_refused_never_rounded(app: Flask, text: str) -> None:
    with app.test_request_context(), force_locale("fr"):
        with pytest.raises(ValueError, match="2 décimales"):
            Spec("", kinds.MONEY, places=2).parse(text)
        assert Spec("", kinds.DECIMAL, places=3).parse(text) == Decimal(text.replace(",", "."))


@pytest.fixture(params=sorted(languages()))
def language(app: Flask, request: pytest.FixtureRequest) -> Iterator[str]:
    with app.test_request_context(), force_locale(request.param):
        yield request.param


@pytest.mark.usefixtures("language")
class TestRoundTrip:
    """What is shown or stands in an input is read as the same number."""

    @settings(max_examples=50, deadline=None)
    @given(number=NUMBERS, currency=CURRENCIES)
    def test_an_amount_is_read_as_it_is_written(self, number: Decimal, currency: str) -> None:
        spec = Spec("", kinds.MONEY, places=4)
        assert spec.parse(spec.typed(number)) == number
        assert spec.parse(spec.write(number)) == number
        assert spec.parse(spec.write(number, currency=currency)) == number

    @settings(max_examples=50, deadline=None)
    @given(number=NUMBERS, places=st.integers(1, 4))
    def test_a_number_is_read_as_it_is_written(self, number: Decimal, places: int) -> None:
        number = number.quantize(Decimal(1).scaleb(-places))
        for kind in (kinds.DECIMAL, kinds.PERCENT):
            spec = Spec("", kind, places=places)
            assert spec.parse(spec.typed(number)) == number
            assert spec.parse(spec.write(number)) == number

    @settings(max_examples=50, deadline=None)
    @given(number=st.integers(-(2**31), 2**31))
    def test_a_whole_number_is_read_as_it_is_written(self, number: int) -> None:
        for kind in (kinds.INTEGER, kinds.WHOLE_PERCENT):
            spec = Spec("", kind, places=0)
            assert spec.parse(spec.typed(number)) == number
            assert spec.parse(spec.write(number)) == number


@pytest.mark.parametrize(
    "kind", [kinds.INTEGER, kinds.MONEY, kinds.BOOLEAN, kinds.DATE, kinds.TEXT]
)
def test_an_object_in_json_is_no_value_of_a_plain_field(app: Flask, kind: kinds.Kind) -> None:
    with app.app_context():
        for raw in ({}, {"en": "a"}, []):
            with pytest.raises(ValueError, match=r"Enter|Answer|Send"):
                value_of(Spec("", kind), raw)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_no_text_has_two_sizes_in_a_language(text: str) -> None:
    for grammar in GRAMMARS:
        assert sum(shape.fullmatch(text) is not None for shape in grammar._shapes) <= 1
        with suppress(ValueError, RuntimeError):
            assert grammar.read(text) in set(_sizes(text.strip()))


def _sizes(text: str) -> Iterator[Decimal]:
    """What a text can mean at all: its digits, with decimals behind the last sign or with none."""
    whole, *groups = re.split("[^0-9]", text)
    digits = Decimal(f"0{whole}{''.join(groups)}")
    if all(len(group) == 3 for group in groups):
        yield digits
    yield digits.scaleb(-len(groups[-1])) if groups else digits
