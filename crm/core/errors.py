"""The errors a service may raise on purpose. Anything else is a bug."""

from collections.abc import Mapping


class DomainError(Exception):
    """A rule refuses the action; the text is in the user's language.

    `fields` maps the name of a field to the sentence that belongs beside it; `message` is what
    concerns the record as a whole, or "".
    """

    status = 422

    def __init__(
        self,
        message: str = "",
        *,
        field: str | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})
        self.message = message
        if field is not None:
            self.fields[field] = message
            self.message = ""

    def __str__(self) -> str:
        return "; ".join([*([self.message] if self.message else []), *self.fields.values()])


class Conflict(DomainError):
    """Somebody else saved the row since it was read."""

    status = 409


class Forbidden(DomainError):
    """The actor may see the row but not do this to it."""

    status = 403


class NotFound(DomainError):
    """There is no such row for this actor; whether it exists is not revealed."""

    status = 404


class Unavailable(DomainError):
    """The database is busy, does not answer or cannot be written to; see `outage`."""

    status = 503
