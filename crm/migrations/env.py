"""Alembic's access to the application's engine and tables, FAB's included."""

from typing import Any

import click
from alembic import context
from flask import current_app

from crm import tables  # noqa: F401  every table is imported through it
from crm.core.db import WRITES, renew_statistics
from crm.migrations import backup, rebuild

migrate = current_app.extensions["migrate"]


def _render(kind: str, thing: Any, autogen: Any) -> str | bool:
    """Render our column types by their names in `crm.core.types`."""
    if kind == "type" and type(thing).__module__ == "crm.core.types":
        autogen.imports.add("from crm.core import types")
        arguments = str(thing.places) if type(thing).__name__ == "Exact" else ""
        return f"types.{type(thing).__name__}({arguments})"
    return False


def _write_no_empty_file(run: Any, revision: Any, directives: list[Any]) -> None:
    """Write no file where the models are as the migrations made them; `check` names none."""
    if directives and directives[0].message and directives[0].upgrade_ops.is_empty():
        directives.clear()
        click.echo("Nothing to migrate: the database is as the models say.")


def _is_changing(connection: Any) -> bool:
    """Whether this run takes a database that has tables to another revision."""
    try:
        wanted = context.get_revision_argument()
    except KeyError:  # `flask db current`, `check` or `migrate`: they only look
        return False
    present = context.get_context().get_current_heads()
    return bool(present) and set(present) != set(wanted if isinstance(wanted, tuple) else (wanted,))


def run() -> None:
    """One transaction around everything: a migration that fails leaves the database as it was."""
    writing = migrate.db.engine.execution_options(**{WRITES: True})
    with writing.connect() as connection, rebuild.allowed(connection):
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            render_item=_render,
            process_revision_directives=_write_no_empty_file,
            **migrate.configure_args,
        )
        is_changing = _is_changing(connection)
        if is_changing:
            backup.keep(connection)
        context.run_migrations()
        if is_changing:
            renew_statistics(connection)


run()
