"""The form of a template: its texts by language, beside them the variables of each kind."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crm.core.actor import current_actor
from crm.core.forms import Form, FormField
from crm.core.models.text import labelled
from crm.core.views import FormPage
from crm.mail.templates import variables
from crm.mail.templates.variables import Described, Entity

TEXTS = ("subject", "body")
Listed = list[tuple[str, list[tuple[str, str, str, str]]]]  # title, [(name, label, example, word)]


@dataclass(frozen=True)
class TextInput:
    """The input of the subject or the content in one language."""

    name: str
    label: str
    text: str
    errors: list[str]

    @property
    def id(self) -> str:
        return f"f-{self.name}"


@dataclass(frozen=True)
class LanguageTexts:
    """What is written in one language."""

    code: str
    name: str
    is_mine: bool
    subject: TextInput
    body: TextInput

    @property
    def is_empty(self) -> bool:
        return not (self.subject.text or self.body.text)


@dataclass
class TemplateForm(FormPage):
    """The form, with the variables of each kind beside it."""

    kind: str = ""
    languages: list[LanguageTexts] = field(default_factory=list)
    variables: list[tuple[str, Listed]] = field(default_factory=list)


def template_form(page: FormPage, form: Form) -> TemplateForm:
    """`page`, completed."""
    made = TemplateForm(**vars(page))
    made.kind = form.fields["kind"].text
    made.variables = [(kind, list(_listed(kind))) for kind in variables.ABOUT]
    made.languages = list(_languages(form))
    texts = {form.fields[name].id for name in TEXTS}
    made.errors = [one for one in page.errors if one[0] not in texts] + [
        (text.id, text.label, message)
        for one in made.languages
        for text in (one.subject, one.body)
        for message in text.errors
    ]
    return made


def _languages(form: Form) -> Iterator[LanguageTexts]:
    """The texts of each language; an error of all languages stands at the reader's own."""
    subject, body = (form.fields[name] for name in TEXTS)
    codes = [code for code, *_rest in body.parts]
    mine = current_actor().language
    mine = mine if mine in codes else codes[0]
    for at, (code, name, *_rest) in enumerate(body.parts):
        inputs = (_input(one, at, code, with_general=code == mine) for one in (subject, body))
        yield LanguageTexts(code, name, code == mine, *inputs)


def _input(one: FormField, at: int, code: str, *, with_general: bool) -> TextInput:
    _code, _language, text, name = one.parts[at]
    errors = list(one.part_errors.get(code, ()))
    if with_general:
        said = [text for texts in one.part_errors.values() for text in texts]
        errors += [text for text in one.errors if text not in said]
    return TextInput(name, one.label, text, errors)


def _listed(kind: str) -> Iterator[tuple[str, list[tuple[str, str, str, str]]]]:
    """The variables of a kind by what they belong to."""
    listed = [(one, v) for one in variables.entities(kind) for v in one.variables]
    labels = Counter(str(v.label) for _entity, v in listed)
    for one in variables.entities(kind):
        yield (
            str(one.label),
            [
                (f"{one.name}.{v.name}", str(v.label), str(v.example), _word(one, v, labels))
                for v in one.variables
            ],
        )


def _word(entity: Entity, variable: Described, labels: Mapping[str, int]) -> str:
    """A variable in a text: by its label, and its record where several have that label."""
    label = str(variable.label)
    return labelled(entity.label, label) if labels[label] > 1 else label
