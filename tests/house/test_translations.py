"""The words: each rule proven on a small catalog, then the real catalogs against all of them."""

import ast
from collections.abc import Callable, Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel import UnknownLocaleError
from babel.messages.catalog import Catalog
from click.testing import CliRunner
from jinja2 import TemplateSyntaxError

import crm
from crm.translators import catalogs, commands
from crm.translators.checks import Problem, check
from crm.translators.project import PROJECT, Project, languages
from crm.translators.source import KEYWORDS, strings

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n{plural}"\n\n'
TWO_FORMS = "Plural-Forms: nplurals=2; plural=(n > 1);\\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of one module, one template and three words; no library, no catalog yet."""
    (tmp_path / "crm" / "leads").mkdir(parents=True)
    (tmp_path / "crm" / "leads" / "views.py").write_text('_("Leads")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "leads.html").write_text("<p>{{ _('Open leads') }}</p>")
    (tmp_path / "translations").mkdir()
    words = "english,french,context\nLeads,Pistes,\nName,Nom,\nName,Intitulé,template\n"
    (tmp_path / "translations" / "terms.csv").write_text(words, encoding="utf-8")
    return Project(tmp_path, libraries=())


def code(project: Project, python: str, template: str = "") -> None:
    (project.root / "crm" / "leads" / "views.py").write_text(python, encoding="utf-8")
    (project.root / "templates" / "leads.html").write_text(template, encoding="utf-8")


def write(project: Project, language: str, body: str, plural: str = TWO_FORMS) -> Path:
    file = project.catalog(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEADER.format(plural=plural) + body, encoding="utf-8")
    return file


def message(project: Project, language: str, text: str) -> tuple[str, ...]:
    found = catalogs.read(project.catalog(language)).get(text)
    assert found is not None
    return catalogs.forms(found.string)


Faults = Callable[..., list[str]]


@pytest.fixture
def faults(project: Project) -> Faults:
    """What `check` says of one source text and its one translation."""

    def _faults(source: str, text: str, language: str = "fr") -> list[str]:
        code(project, f"_({source!r})\n")
        body = f"msgid {_quoted(source)}\nmsgstr {_quoted(text)}\n"
        write(project, language, body)
        return [problem.words for problem in check(project)]

    return _faults


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# What is extracted


def test_every_way_of_asking_for_a_word_is_found(project: Project) -> None:
    code(
        project,
        '_("a"); _l("b"); gettext("c"); lazy_gettext("d")\n'
        'ngettext("%(num)s e", "%(num)s es", n); lazy_ngettext("%(num)s f", "%(num)s fs", n)\n'
        'pgettext("x", "g"); lazy_pgettext("x", "h"); npgettext("x", "i", "is", n)\n',
        "{{ _('j') }}{{ pgettext('y', 'k') }}{% trans %}l{% endtrans %}"
        "{% trans n=n %}m{% pluralize %}ms{% endtrans %}",
    )
    found = {(m.id, m.context) for m in strings(project) if m.id}
    assert found == {
        *(("abcdl"[n], None) for n in range(5)),
        ("j", None),
        ("k", "y"),
        ("g", "x"),
        ("h", "x"),
        (("%(num)s e", "%(num)s es"), None),
        (("%(num)s f", "%(num)s fs"), None),
        (("i", "is"), "x"),
        (("m", "ms"), None),
    }


def test_the_front_end_sources_and_what_is_built_are_not_read(project: Project) -> None:
    for name in ("crm/assets/node_modules/gyp", "crm/static"):
        folder = project.root / name
        folder.mkdir(parents=True)
        (folder / "build.py").write_text('_("not ours")\n')
    assert strings(project).get("not ours") is None


def test_a_template_that_does_not_parse_is_named(project: Project) -> None:
    code(project, "", "{% if %}")
    with pytest.raises(TemplateSyntaxError) as refusal:
        strings(project)
    assert (refusal.value.filename, refusal.value.lineno) == ("templates/leads.html", 1)


def test_a_reference_names_the_file_and_no_line(project: Project) -> None:
    catalogs.update("fr", project)
    content = project.catalog("fr").read_text(encoding="utf-8")
    assert "#: crm/leads/views.py\n" in content
    assert str(project.root) not in content


def test_a_comment_for_translators_reaches_them(project: Project) -> None:
    code(project, '# Translators: the list of people\n_("Leads")\n')
    catalogs.update("fr", project)
    assert "#. the list of people\n" in project.catalog("fr").read_text(encoding="utf-8")


def test_extract_writes_the_template(project: Project) -> None:
    assert 'msgid "Open leads"' in catalogs.extract(project).read_text(encoding="utf-8")


# What update does


def test_a_new_language_has_its_plural_rule_and_is_in_the_menu(project: Project) -> None:
    assert languages(project) == []
    catalogs.update("de", project)
    catalogs.update("pl", project)
    assert languages(project) == ["de", "pl"]
    assert catalogs.read(project.catalog("de")).plural_forms == "nplurals=2; plural=(n != 1);"
    assert catalogs.read(project.catalog("pl")).num_plurals == 3


@pytest.mark.parametrize("language", ["de", "en", "fr", "ja", "pl", "pt_BR", "ar"])
def test_updating_twice_changes_nothing(project: Project, language: str) -> None:
    code(project, 'ngettext("%(num)s lead", "%(num)s leads", n); _("Leads"); _("Don\'t")\n')
    first = catalogs.update(language, project).read_bytes()
    assert catalogs.update(language, project).read_bytes() == first


def test_a_hyphen_in_the_code_is_understood(project: Project) -> None:
    assert catalogs.update("pt-BR", project) == project.catalog("pt_BR")


@pytest.mark.parametrize("language", ["xx", "klingon", "../fr", ""])
def test_a_code_that_is_no_language_is_refused(project: Project, language: str) -> None:
    with pytest.raises((ValueError, UnknownLocaleError)):
        catalogs.update(language, project)
    assert languages(project) == []


def test_update_fills_in_what_the_list_of_words_settles(project: Project) -> None:
    code(project, '_("Leads"); _("Name"); pgettext("template", "Name"); _("Other")\n')
    catalogs.update("fr", project)
    catalog = catalogs.read(project.catalog("fr"))
    found = {(m.id, m.context): m.string for m in catalog if m.id}
    assert found == {
        ("Leads", None): "Pistes",
        ("Name", None): "Nom",
        ("Name", "template"): "Intitulé",
        ("Other", None): "",
    }


def test_update_keeps_what_was_translated(project: Project) -> None:
    write(project, "fr", '# seen\nmsgid "Leads"\nmsgstr "Contacts froids"\n')
    catalogs.update("fr", project)
    assert message(project, "fr", "Leads") == ("Contacts froids",)
    assert "# seen\n" in project.catalog("fr").read_text(encoding="utf-8")


def test_a_message_that_comes_back_finds_its_translation(project: Project) -> None:
    write(project, "fr", 'msgid "Gone"\nmsgstr "Parti"\n')
    catalogs.update("fr", project)
    assert '#~ msgid "Gone"' in project.catalog("fr").read_text(encoding="utf-8")
    code(project, '_("Gone")\n')
    catalogs.update("fr", project)
    assert message(project, "fr", "Gone") == ("Parti",)
    assert '#~ msgid "Gone"' not in project.catalog("fr").read_text(encoding="utf-8")


def test_a_message_that_gets_a_plural_is_marked_for_review(project: Project) -> None:
    write(project, "fr", 'msgid "%(num)s lead"\nmsgstr "%(num)s piste"\n')
    code(project, 'ngettext("%(num)s lead", "%(num)s leads", n)\n')
    catalogs.update("fr", project)
    assert message(project, "fr", "%(num)s lead") == ("%(num)s piste", "")
    assert "fuzzy" in {problem.words for problem in check(project)}


def test_english_gets_its_typography_and_nothing_else(project: Project) -> None:
    code(project, '_("The lead\'s owner..."); _("Leads")\n')
    catalogs.update("en", project)
    assert message(project, "en", "The lead's owner...") == ("The lead’s owner…",)
    assert message(project, "en", "Leads") == ("",)
    assert check(project) == []


# What check says


def test_a_problem_reads_as_one_line() -> None:
    assert str(Problem("fr", "messages.po", '"Leads"', "missing")) == (
        'fr: messages.po: "Leads": missing'
    )


def test_a_string_without_translation_is_missing(project: Project) -> None:
    write(project, "fr", 'msgid "Leads"\nmsgstr ""\n')
    assert [str(problem) for problem in check(project)] == [
        'fr: messages.po: "Leads": missing',
        'fr: messages.po: "Open leads": missing',
    ]


def test_english_needs_no_translation(project: Project) -> None:
    write(project, "en", "")
    assert check(project) == []


def test_a_context_is_named(project: Project) -> None:
    code(project, 'pgettext("template", "Name")\n')
    write(project, "fr", "")
    assert [problem.message for problem in check(project)] == ['"Name" (template)']


def test_a_fuzzy_message_is_named(project: Project) -> None:
    code(project, '_("Open")\n')
    write(project, "fr", '#, fuzzy\nmsgid "Open"\nmsgstr "Ouvert"\n')
    assert [problem.words for problem in check(project)] == ["fuzzy"]


def test_a_message_that_left_the_source_is_named(project: Project) -> None:
    code(project, "")
    write(project, "fr", 'msgid "Gone"\nmsgstr "Parti"\n')
    assert [problem.words for problem in check(project)] == ["no longer in the source"]


def test_a_malformed_file_is_named(project: Project) -> None:
    write(project, "fr", '<<<<<<< ours\nmsgid "Leads"\nmsgstr "Pistes"\n')
    (problem,) = check(project)
    assert problem.message == "line 4"
    assert "cannot be read" in problem.words


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("%(name)s won", "%(nom)s gagné"),
        ("%(name)s won", "Gagné"),
        ("Won", "%(name)s gagné"),
        ("%s of %s", "%s sur"),
        ("{name} won", "{nom} gagné"),
        ("%(num)d leads", "%(num)s pistes"),
    ],
)
def test_a_broken_placeholder_is_named(faults: Faults, source: str, text: str) -> None:
    (fault,) = faults(source, text)
    assert fault.startswith("placeholders differ")


def test_placeholders_may_change_places(faults: Faults) -> None:
    assert faults("%(a)s of %(b)s by {c}", "{c}, %(b)s, %(a)s") == []


PLURAL = 'msgid "{0}"\nmsgid_plural "%(num)s leads"\nmsgstr[0] "{1}"\nmsgstr[1] "{2}"\n'


@pytest.mark.parametrize(
    ("singular", "first", "second", "expected"),
    [
        ("%(num)s lead", "%(num)s piste", "%(num)s pistes", []),
        ("One lead", "Une piste", "%(num)s pistes", []),
        ("One lead", "%(num)s piste", "%(num)s pistes", []),
        ("%(num)s lead", "Une piste", "%(num)s pistes", ["placeholders differ"]),
        ("One lead", "Une piste", "Des pistes", ["placeholders differ"]),
        ("%(num)s lead", "%(num)s piste", "", ["plural form 1 missing"]),
    ],
)
def test_each_plural_form_is_there_with_its_number(
    project: Project, singular: str, first: str, second: str, expected: list[str]
) -> None:
    code(project, f'ngettext("{singular}", "%(num)s leads", n)\n')
    write(project, "fr", PLURAL.format(singular, first, second))
    assert [problem.words.partition(":")[0] for problem in check(project)] == expected


def test_a_language_with_three_plurals_needs_three(project: Project) -> None:
    code(project, 'ngettext("%(num)s lead", "%(num)s leads", n)\n')
    catalogs.update("pl", project)
    content = project.catalog("pl").read_text(encoding="utf-8")
    for n in (0, 1):
        content = content.replace(f'msgstr[{n}] ""', f'msgstr[{n}] "%(num)s"')
    project.catalog("pl").write_text(content, encoding="utf-8")
    assert [problem.words for problem in check(project)] == ["plural form 2 missing"]


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("Rate (%)", "Taux (%)", []),
        ("Rate (%)", "Taux (%%)", ["%% where the source has %"]),
        ("%(n)s%% won", "%(n)s\u00a0%% gagné", []),
        ("%(n)s%% won", "%(n)s\u00a0% gagné", ["bare %, write %%"]),
    ],
)
def test_a_percent_sign_is_doubled_where_the_text_is_formatted(
    faults: Faults, source: str, text: str, expected: list[str]
) -> None:
    assert faults(source, text) == expected


def test_a_bare_percent_in_a_template_is_named_before_it_fails(project: Project) -> None:
    code(project, "", "{{ _('Rate (%)') }}{{ _('Share (%%)') }}")
    assert [str(problem) for problem in check(project)] == [
        'en: templates/leads.html: "Rate (%)": bare %, write %%'
    ]


def test_spaces_around_a_text_are_kept(faults: Faults) -> None:
    assert faults("Sign in with ", "Se connecter avec") == ["spaces at the ends differ"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total\u00a0: 12,5\u00a0% «\u00a0net\u00a0» 3\u00a0€", None),
        ("Vraiment\u202f? Oui\u202f; non\u202f!", None),
        ("À 14:30 sur https://example.org/a?b=c", None),
        ("Taux (%) en k€", None),
        ("Le <a href='/leads'>total</a> l’indique…", None),
        ('Envoyez {"en": "…"}, avec Authorization: Bearer', None),
        ("Total:", "U+00A0 before :"),
        ("Total : 3", "U+00A0 before :"),
        ("Total\u202f: 3", "U+00A0 before :"),
        ("12 %", "U+00A0 before %"),
        ("12%", "U+00A0 before %"),
        ("3 €", "U+00A0 before €"),
        ("«\u00a0net »", "U+00A0 before »"),
        ("« net\u00a0»", "U+00A0 after «"),
        ("Oui?", "U+202F before ; ! ?"),
        ("Oui\u00a0?", "U+202F before ; ! ?"),
        ("Oui ; non", "U+202F before ; ! ?"),
        ("l'équipe", "’ not '"),
        ('le "net"', "« guillemets »"),
        ("Copier...", "… not ..."),
        ("Piste(s)", "plural forms, not (s)"),
    ],
)
def test_french_is_typeset(faults: Faults, text: str, expected: str | None) -> None:
    assert faults("Anything", text) == ([expected] if expected else [])


@pytest.mark.parametrize("text", ["The lead's owner", "Copy...", "Lead(s)", 'A "lead"'])
def test_english_is_read_as_it_is_shown(faults: Faults, text: str) -> None:
    assert len(faults(text, "", language="en")) == 1
    assert faults(text, "As it should be", language="en") == []


@pytest.mark.parametrize("text", ["Sie: ja", "Ja?", "„ja“", "12 %"])
def test_another_language_has_no_french_spacing(faults: Faults, text: str) -> None:
    assert faults("Anything", text, language="de") == []


def test_a_word_of_the_list_is_translated_as_it_says(faults: Faults) -> None:
    assert faults("Leads", "Prospects") == ["terms.csv says 'Pistes', not 'Prospects'"]


def test_another_language_may_have_its_column_in_the_list(project: Project) -> None:
    words = "english,french,context,german\nLeads,Pistes,,Interessenten\n"
    (project.folder / "terms.csv").write_text(words, encoding="utf-8")
    catalogs.update("de", project)
    assert message(project, "de", "Leads") == ("Interessenten",)


# What is counted, compiled and called


def test_stats_count_each_language(project: Project) -> None:
    body = '#, fuzzy\nmsgid "Leads"\nmsgstr "Pistes"\n\nmsgid "Gone"\nmsgstr "Parti"\n'
    write(project, "fr", body)
    write(project, "en", "")
    assert catalogs.stats(project) == [
        catalogs.Stat("en", translated=2, fuzzy=0, total=2),
        catalogs.Stat("fr", translated=0, fuzzy=1, total=2),
    ]
    assert catalogs.stats(project)[1].missing == 1


def test_compiling_writes_what_changed_and_leaves_out_what_is_doubtful(project: Project) -> None:
    body = '#, fuzzy\nmsgid "Open leads"\nmsgstr "Pistes"\n\nmsgid "Leads"\nmsgstr "Pistes"\n'
    file = write(project, "fr", body)
    assert catalogs.compile_catalogs(project) == ["fr"]
    assert catalogs.compile_catalogs(project) == []
    with file.with_suffix(".mo").open("rb") as content:
        words = GNUTranslations(content)
    assert (words.gettext("Leads"), words.gettext("Open leads")) == ("Pistes", "Open leads")
    write(project, "fr", body.replace("Open", "All"))
    assert catalogs.is_compiled("fr", project), "a doubtful message changes nothing"
    write(project, "fr", body.replace('"Pistes"', '"Prospects"'))
    assert not catalogs.is_compiled("fr", project)


def test_a_compiled_language_without_source_is_served_and_left_alone(project: Project) -> None:
    folder = project.catalog("it").parent
    folder.mkdir(parents=True)
    (folder / "messages.mo").write_bytes(b"")
    assert languages(project) == ["it"]
    assert catalogs.compile_catalogs(project) == []
    assert check(project) == []


def test_an_installed_package_has_its_catalogs_inside(project: Project) -> None:
    inside = project.root / "crm" / "translations"
    inside.mkdir()
    assert project.folder == inside


def test_the_check_command_fails_with_a_line_for_each_problem(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "fr", "")
    monkeypatch.setattr("crm.translators.checks.check", lambda: check(project))
    answer = CliRunner().invoke(commands.group, ["check"])
    assert answer.exit_code == 1
    assert answer.output.splitlines() == [
        'fr: messages.po: "Leads": missing',
        'fr: messages.po: "Open leads": missing',
    ]


def test_a_command_says_in_a_line_what_cannot_be_read(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project, "fr", "<<<<<<< ours\n")
    monkeypatch.setattr(
        "crm.translators.catalogs.update", lambda code: catalogs.read(project.catalog(code))
    )
    answer = CliRunner().invoke(commands.group, ["update", "fr"])
    assert (answer.exit_code, answer.output.count("\n")) == (1, 1)


def test_the_update_command_refuses_what_is_no_language() -> None:
    answer = CliRunner().invoke(commands.group, ["update", "klingon"])
    assert answer.exit_code == 2
    assert "klingon" in answer.output


# The project itself


@pytest.fixture(scope="module")
def source() -> Catalog:
    return strings()


def test_the_libraries_words_are_ours_to_translate(source: Catalog) -> None:
    for text in ("Sign In", "This field is required.", "File does not have an approved extension."):
        assert source.get(text) is not None


def test_an_alias_is_read_as_the_function_it_stands_for() -> None:
    """Under an unknown name a word is not found; under `_`, a plural loses its second form."""
    wrong = {
        f"{file}: {name.name} as {name.asname}"
        for file, name in _imported_names("flask_babel")
        if name.name in KEYWORDS
        and KEYWORDS.get(name.asname or name.name, ()) != KEYWORDS[name.name]
    }
    assert wrong == set()


def _imported_names(module: str) -> Iterator[tuple[Path, ast.alias]]:
    for file in (PROJECT.root / "crm").rglob("*.py"):
        if "node_modules" not in file.parts:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == module:
                    yield from ((file, name) for name in node.names)


def test_french_and_english_are_offered() -> None:
    assert {"en", "fr"} <= set(languages())


def test_no_word_hides_in_an_f_string() -> None:
    """Babel finds none there before Python 3.12: they would stay in English."""
    hidden = [
        f"{file.name}:{call.lineno}"
        for file in Path(crm.__file__).parent.rglob("*.py")
        for text in ast.walk(ast.parse(file.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in KEYWORDS
    ]
    assert hidden == []


def test_the_catalogs_have_no_problem() -> None:
    assert [str(problem) for problem in check()] == []
