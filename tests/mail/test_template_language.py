"""The language of templates: variables and one conditional, parsed when a template is saved."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale
from markupsafe import Markup

from crm.mail.templates.language import LONGEST, TemplateError, TooLong, names, parse, render

KNOWN = {"quote.number", "quote.total", "event.location", "owner.signature"}


@pytest.fixture(autouse=True)
def in_english(app: Flask) -> Iterator[None]:
    with app.test_request_context(), force_locale("en"):
        yield


def test_variables_and_conditions_are_filled_in() -> None:
    text = "Quote {{ quote.number }}{% if event.location %} at {{event.location}}{% endif %}."
    parts = parse(text, KNOWN)
    assert render(parts, {"quote.number": "D1", "event.location": "Lyon"}, False) == (
        "Quote D1 at Lyon."
    )
    assert render(parts, {"quote.number": "D1"}, False) == "Quote D1."
    assert set(names(parts)) == {"quote.number", "event.location"}


def test_values_are_escaped_in_html_and_as_they_are_in_a_subject() -> None:
    parts = parse("{{ quote.number }}", KNOWN)
    value = {"quote.number": "<b>{{ quote.total }}</b>\n&"}
    assert render(parts, value, True) == "&lt;b&gt;{{ quote.total }}&lt;/b&gt;<br>&amp;"
    assert render(parts, value, False) == value["quote.number"]
    assert render(parts, {"quote.number": Markup("<br>")}, True) == "<br>"


HOSTILE = (
    "{{ ''.__class__ }}",
    "{{ quote.number.__class__ }}",
    "{{ quote.__init__ }}",
    "{{ quote.number|upper }}",
    "{{ quote.number() }}",
    "{{ 7*7 }}",
    "{{ config }}",
    "{{ }}",
    "{% for n in range(1000000000) %}x{% endfor %}",
    "{% include 'x' %}",
    "{% import os %}",
    "{% raw %}",
    "{% else %}",
    "{% endif %}",
    "{% if %}x{% endif %}",
    "{% if quote.number %}",
    "{% if quote.number == 1 %}x{% endif %}",
    "{% if unknown.name %}x{% endif %}",
    "{# a note #}",
    "{{ quote.number",
    "quote.number }}",
    "{% if quote.number",
    '<a href="https://acme.example/{{quote.number}}">x</a>',
    "{% if quote.number %}" * 11 + "{% endif %}" * 11,
    "{{ quote.number }}" * 20_000,
    "{{" * 100_000,
    "{%" * 100_000,
    "{{{%" * 50_000,
    "{{ {{ quote.number }} }}",
)


@pytest.mark.accept("A-18")
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:30])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(TemplateError) as raised:
        parse(text, KNOWN)
    assert str(raised.value)
    assert raised.value.line == 1


def test_the_line_of_an_error_is_the_readers() -> None:
    with pytest.raises(TemplateError, match=r"quote\.numbr") as raised:
        parse("<p>One<br>two</p><ul><li><p>three</p></li><li>{{ quote.numbr }}</li></ul>", KNOWN)
    assert raised.value.line == 4
    with pytest.raises(TemplateError) as raised:
        parse("One\n{{ quote.number }}\n}}", KNOWN)
    assert raised.value.line == 3


def test_what_an_editor_leaves_in_braces_does_no_harm() -> None:
    parts = parse("{{&nbsp;quote.number\xa0}}{%  if  quote.total%}x{%endif%}", KNOWN)
    assert render(parts, {"quote.number": "D1"}, True) == "D1"


def test_a_text_of_nothing_but_variables_takes_one_pass() -> None:
    """In proportion to the square of its length it would take minutes."""
    parts = parse("<p>{{ quote.number }}</p>{% if quote.total %}{% endif %}" * 3_500, KNOWN)
    assert len(render(parts, {}, True)) == 7 * 3_500


def test_what_is_made_of_a_text_is_bounded() -> None:
    parts = parse("{{ quote.number }}" * 1_000, KNOWN)
    assert len(render(parts, {"quote.number": "x" * 200}, True)) == LONGEST
    with pytest.raises(TooLong):
        render(parts, {"quote.number": "x" * 201}, True)
