"""The plain text of a rich one in SQL, for filters."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, String, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from crm.core.models.rich_text import to_text


class PlainText(FunctionElement[str]):
    """The text of a column of rich text, without tags."""

    type = String()
    inherit_cache = True


@compiles(PlainText)
def _called(element: PlainText, compiler: SQLCompiler, **options: Any) -> str:
    return f"plain_text({compiler.process(element.clauses, **options)})"


@compiles(PlainText, "postgresql")
def _replaced(element: PlainText, compiler: SQLCompiler, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    for pattern, by in (("</?(strong|em|a)( [^>]*)?>", ""), ("<[^>]*>", " ")):
        text = f"regexp_replace({text}, '{pattern}', '{by}', 'g')"
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = f"replace({text}, '{entity}', '{sign}')"
    return text


@event.listens_for(Engine, "connect")
def _add_function(connection: Any, record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("plain_text", 1, _plain_text, deterministic=True)


def _plain_text(value: str | None) -> str | None:
    return None if value is None else to_text(value)
