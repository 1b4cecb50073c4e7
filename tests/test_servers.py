"""The PostgreSQL fixtures."""

from collections.abc import Callable

from sqlalchemy import create_engine, text


def test_postgres_is_empty_and_real(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT lower('É')")) == "é"
        assert (
            connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
            == 0
        )
    engine.dispose()


def test_a_new_database_is_a_copy_of_its_template(new_database: Callable[..., str]) -> None:
    engine = create_engine(new_database("original"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t AS SELECT 1 AS n"))
        name = connection.scalar(text("SELECT current_database()"))
    engine.dispose()

    copy = create_engine(new_database("copy", template=name))
    with copy.connect() as connection:
        assert connection.scalar(text("SELECT n FROM t")) == 1
    copy.dispose()
