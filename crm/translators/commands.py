"""The commands `crm translations …`."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from babel import Locale, UnknownLocaleError
from babel.messages.pofile import PoFileError
from jinja2 import TemplateSyntaxError

from crm.translators import catalogs, checks


@click.group("translations")
def group() -> None:
    """Words in every language: find, refresh, check and count them."""


@group.command()
def extract() -> None:
    """Write translations/messages.pot, the list of strings."""
    with _readable():
        click.echo(catalogs.extract())


@group.command()
@click.argument("language")
def update(language: str) -> None:
    """Bring a language's catalog up to the source; a new language is created."""
    try:
        with _readable():
            click.echo(catalogs.update(language))
    except (ValueError, UnknownLocaleError) as error:
        raise click.BadParameter(str(error), param_hint="language") from error


@group.command()
def check() -> None:
    """Say what is wrong with the catalogs, a line each; fails where something is."""
    with _readable():
        problems = checks.check()
    for problem in problems:
        click.echo(problem)
    if problems:
        raise SystemExit(1)


@group.command()
def stats() -> None:
    """Count what is translated, doubtful and missing in each language."""
    with _readable():
        counted = catalogs.stats()
    for stat in counted:
        name = Locale.parse(stat.language).get_display_name("en")
        done = f"{stat.translated}/{stat.total}"
        click.echo(
            f"{stat.language:8}{name:20}{done:>12}  {stat.fuzzy} fuzzy, {stat.missing} missing"
        )


@group.command("compile")
def compile_() -> None:
    """Build the .mo files that the application reads; `crm init` does it too."""
    with _readable():
        changed = catalogs.compile_catalogs()
    for language in changed:
        click.echo(language)


@contextmanager
def _readable() -> Iterator[None]:
    """Turn a parse error of a catalog or template into a one-line message."""
    try:
        yield
    except PoFileError as error:
        raise click.ClickException(f"line {error.lineno + 1}: {error} ({error.line!r})") from error
    except TemplateSyntaxError as error:
        raise click.ClickException(f"{error.filename}:{error.lineno}: {error.message}") from error
