"""The database's own clock, which several machines agree on."""

from datetime import datetime
from typing import Any

from sqlalchemy import literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from crm.core.types import Instant


class database_time(FunctionElement[datetime]):  # noqa: N801  a function of SQL
    """The present instant, moved by a number of seconds."""

    type = Instant()
    inherit_cache = True

    def __init__(self, seconds: int = 0) -> None:
        super().__init__(literal(seconds))


@compiles(database_time, "sqlite")
def _sqlite(element: Any, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {seconds} || ' seconds')"


@compiles(database_time)
def _postgres(element: Any, compiler: Any, **options: Any) -> str:
    return f"(now() + make_interval(secs => {compiler.process(element.clauses, **options)}))"
