"""A value as text: what is written by hand for speed is what the library writes."""

import phonenumbers
import pytest

from crm.core.models.text import format_phone


@pytest.mark.parametrize("first", "123456789")
def test_a_french_number_is_written_as_it_is_dialled_at_home(first: str) -> None:
    for rest in ("42685300", "00000000", "12345678", "99999999", "05060708"):
        number = phonenumbers.parse(f"+33{first}{rest}", None)
        national = phonenumbers.PhoneNumberFormat.NATIONAL
        assert format_phone(f"+33{first}{rest}") == phonenumbers.format_number(number, national)


def test_a_foreign_number_bears_its_country_and_no_number_stays_as_it_is() -> None:
    assert format_phone("+34912345678") == "+34 912 34 56 78"
    assert format_phone("call me") == "call me"
