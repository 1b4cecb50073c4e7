"""A map that cannot be obeyed is refused before a line is read, with all that is wrong in it."""

from pathlib import Path

import pytest

from crm.core.errors import DomainError
from crm.core.transfer import fields
from crm.core.transfer.mapping import read_map
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import table_of


def wrong(text: str) -> dict[str, str]:
    with pytest.raises(DomainError) as error:
        read_map(text)
    return error.value.fields or {"": error.value.message}


def test_the_words_of_a_map() -> None:
    found = read_map(
        """
distinct = "d"
delimiter = ";"
key = { field = "external_ref", found = "update" }
[columns]
a = "external_ref"
b = [{ field = "x", take = "first" }, { field = "y", factor = 0.5 }]
[constants]
yes = true
text = "{c} and {slug}"
when = 2027-01-31
[defaults]
z = { value = 1, when = { y = "2" } }
slug = "x"
""".replace('"first"', '"slug"')
    )
    assert (found.key, found.found, found.slug_column) == ("external_ref", "update", "b")
    assert found.file_columns == {"a", "b", "c", "d"}
    assert [rule.text for rule in found.constants] == ["yes", "{c} and {slug}", "2027-01-31"]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("[columns", "", "not valid TOML"),
        ("", "columns", "Give the field"),
        ('[colums]\na = "b"', "colums", "did you mean “columns”"),
        ("columns = 3", "columns", "Give a table"),
        ("[columns]\na = 3", "columns.a", "Give a field"),
        ('[columns]\na = { by = "x" }', "columns.a", "Give a field"),
        ('[columns]\na = { field = "b", forma = "x" }', "columns.a.forma", "did you mean “format”"),
        ('[columns]\na = { field = "b", take = "x" }', "columns.a.take", "first, rest, slug"),
        ('[columns]\na = { field = "b", format = "d" }', "columns.a.format", "%d-%m-%y"),
        ('[columns]\na = { field = "b", decimal = 1 }', "columns.a.decimal", "., ,"),
        ('[columns]\na = { field = "b", factor = "x" }', "columns.a.factor", "Enter a number"),
        ('[columns]\na = { field = "b", create = 1 }', "columns.a.create", "yes or no"),
        ('[columns]\na = { field = "b", values = 1 }', "columns.a.values", "Give a table"),
        ('[columns]\na = "x"\nb = "x"', "columns.b", "filled twice"),
        ('key = 3\n[columns]\na = "x"', "key", "Write the key as"),
        ('key = "y"\n[columns]\na = "x"', "key", "Nothing in the map fills “y”"),
        ('key = { field = "x", found = "y" }\n[columns]\na = "x"', "key.found", "skip, update"),
        ('[columns]\na = "x"\n[defaults]\nb = "{slug}"', "defaults.b", "take = "),
        ('[columns]\na = "x"\n[defaults]\nb = { when = 1 }', "defaults.b", "Give a value"),
        ('[columns]\na = "x"\n[defaults]\nb = { value = 1, when = 1 }', "defaults.b.when", "table"),
        ('delimiter = "x"\n[columns]\na = "x"', "delimiter", "one of"),
        ('distinct = 1\n[columns]\na = "x"', "distinct", "Enter text"),
    ],
)  # fmt: skip
def test_a_map_tells_what_is_wrong_and_where(text: str, place: str, why: str) -> None:
    assert why in wrong(text)[place]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ('"amout"', "did you mean “amount”"),
        ('"row_version"', "is unknown"),
        ('"created_by"', "is unknown"),
        ('"deleted_at"', "is unknown"),
        ('"company"', "is unknown"),
        ('"reference"', "is unknown"),  # given by the program
        ('{ field = "amount", format = "%Y-%m-%d" }', "“format” has no meaning"),
        ('{ field = "name", factor = 2 }', "“factor” has no meaning"),
        ('{ field = "name", decimal = "," }', "“decimal” has no meaning"),
        ('{ field = "name", by = "code" }', "“by” has no meaning"),
        ('{ field = "stage", separator = "," }', "“separator” has no meaning"),
        ('{ field = "account", by = "refrence" }', "did you mean “reference”"),
        ('{ field = "owner", by = "password" }', "is unknown"),
        ('{ field = "account", create = true }', "added to reference data"),
    ],
)
def test_fields_are_those_of_the_table(app: object, rule: str, why: str) -> None:
    mapping = read_map(f"[columns]\na = {rule}")
    with pytest.raises(DomainError) as error:
        fields.check(mapping, table_of(Opportunity))
    assert why in error.value.fields["columns.a"]


def test_what_a_move_needs_may_be_given_and_no_more(app: object) -> None:
    mapping = read_map('[columns]\na = "closed_on"\nb = "lost_reason"\nc = "lost_comment"')
    assert set(fields.check(mapping, table_of(Opportunity))) == {
        "closed_on",
        "lost_reason",
        "lost_comment",
    }
    with pytest.raises(DomainError):
        fields.check(read_map('[columns]\na = "stage_since"'), table_of(Opportunity))


def test_a_key_is_a_text_of_the_record(app: object) -> None:
    for key in ("status", "received_on"):
        mapping = read_map(f'key = "{key}"\n[columns]\na = "{key}"')
        with pytest.raises(DomainError) as error:
            fields.check(mapping, table_of(Lead))
        assert "A key must be a text field" in error.value.fields["key"]


def test_a_default_depends_on_fields_that_exist(app: object) -> None:
    mapping = read_map(
        '[columns]\na = "name"\n[defaults]\nmemo = { value = 1, when = { sta = "x" } }'
    )
    with pytest.raises(DomainError) as error:
        fields.check(mapping, table_of(Opportunity))
    assert "“sta” is unknown" in error.value.fields["defaults.memo.when"]


def test_the_map_of_the_readme_is_one(app: object) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    block = readme.partition("```toml\n")[2].partition("```")[0]
    filled = fields.check(read_map(block), table_of(Opportunity))
    assert {"external_ref", "closed_on", "amount", "stage", "account", "owner"} <= filled.keys()
