"""Alembic's door to the application's engine and tables; FAB's are among them."""

from typing import Any

from alembic import context
from flask import current_app

from crm import tables  # noqa: F401  every table is imported through it

migrate = current_app.extensions["migrate"]


def _render(kind: str, thing: Any, autogen: Any) -> str | bool:
    """Write our column types by the names that `crm.core.types` gives them."""
    if kind == "type" and type(thing).__module__ == "crm.core.types":
        autogen.imports.add("from crm.core import types")
        arguments = str(thing.places) if type(thing).__name__ == "Exact" else ""
        return f"types.{type(thing).__name__}({arguments})"
    return False


def run() -> None:
    with migrate.db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            render_item=_render,
            transaction_per_migration=False,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
