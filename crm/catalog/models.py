"""Catalogues and their types. Source: spec 3 and 10."""

from datetime import date, datetime
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import link, lists
from crm.companies.days import today
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.links.models import PublicLink
from crm.core.models import Child, Record, Reference, computed, field, folded, kinds
from crm.core.models.tables import LIVE, acting_user_id
from crm.core.types import Instant, utcnow


class CatalogType(Reference):
    """The type of a catalogue: general, prices, news."""

    __tablename__ = "catalog_type"


class Catalog(Record):
    """A PDF file; without a company it is of all companies."""

    __tablename__ = "catalog"
    __entity__: ClassVar[str] = "catalogs"
    __table_args__ = tuple(
        lists(
            "catalog",
            "name_key",
            "brand_key",
            "valid_until",
            "type_id name_key",
            "owner_id name_key",
        )
    )

    name: Mapped[str] = field(_l("Name"), String(160), search=True)
    name_key: Mapped[str] = folded("name", 160)
    company_id: Mapped[int | None] = field(  # type: ignore[assignment]  # empty: everybody's
        _l("Company"),
        ForeignKey("company.id"),
        index=True,
        nullable=True,
        help=_l("Leave empty for all companies."),
        css="w-co",
    )
    owner_id: Mapped[int | None] = link(_l("Assigned to"), "ab_user.id", css="w-who")
    type_id: Mapped[int] = link(_l("Catalogue type"), "catalog_type.id")
    brand: Mapped[str | None] = field(_l("Brand"), String(80), search=True)
    brand_key: Mapped[str | None] = folded("brand", 80, nullable=True)
    description: Mapped[str | None] = field(_l("Description"), Text)
    language: Mapped[str | None] = field(_l("Language"), String(8), kind=kinds.LANGUAGE)
    valid_from: Mapped[date | None] = field(_l("Valid from"))
    valid_until: Mapped[date | None] = field(lazy_pgettext("catalogue", "Valid until"))
    file_id: Mapped[int] = field(
        _l("PDF file"), ForeignKey("stored_file.id"), index=True, kind=kinds.FILE
    )
    cover_id: Mapped[int | None] = field(
        _l("Cover"),
        ForeignKey("stored_file.id"),
        index=True,
        kind=kinds.PICTURE,
        help=_l("Without a picture of your own, the first page of the PDF file."),
    )
    # Copied from the file, for lists and for the journal.
    file_name: Mapped[str] = field(_l("File name"), String(255), readonly=True, required=False)
    file_size: Mapped[int] = field(_l("File size (bytes)"), readonly=True, required=False)
    pages: Mapped[int] = field(_l("Pages"), readonly=True, required=False)

    owner: Mapped[User | None] = relationship(User, foreign_keys="Catalog.owner_id")
    type: Mapped[CatalogType] = relationship()
    file: Mapped[StoredFile] = relationship(foreign_keys="Catalog.file_id")
    cover: Mapped[StoredFile | None] = relationship(foreign_keys="Catalog.cover_id")

    # What a template shows: the link of one recipient, where the file is too large for a mail.
    link = ""

    def __str__(self) -> str:
        return self.name

    @computed(_l("Outdated"), kinds.BOOLEAN)
    def outdated(self) -> bool:
        """Whether its validity has ended."""
        return self.valid_until is not None and self.valid_until < today()

    def check(self) -> None:
        """Rules between fields. Source: spec 10."""
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise DomainError(_("The end date is before the start date."), field="valid_until")


class CatalogVersion(Child):
    """A file that a catalogue had before. The journal tells of it with the catalogue's fields."""

    __tablename__ = "catalog_version"
    __parent__ = "catalog"

    catalog_id: Mapped[int] = mapped_column(
        ForeignKey("catalog.id", ondelete="CASCADE"), index=True
    )
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)
    pages: Mapped[int]
    replaced_on: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    replaced_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("ab_user.id"), default=acting_user_id
    )

    catalog: Mapped[Catalog] = relationship()
    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)


class CatalogLink(Child):
    """A public link to a catalogue."""

    __tablename__ = "catalog_link"
    __parent__ = "catalog"

    link_id: Mapped[int] = mapped_column(
        ForeignKey("public_link.id", ondelete="CASCADE"), unique=True
    )
    catalog_id: Mapped[int] = mapped_column(
        ForeignKey("catalog.id", ondelete="CASCADE"), index=True
    )

    # The e-mail that it stands in.
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("message.id", ondelete="SET NULL"), index=True
    )

    link: Mapped[PublicLink] = relationship(lazy="joined", innerjoin=True)
    catalog: Mapped[Catalog] = relationship()


def _unique(name: str, column: Any, field: str) -> Index:
    """A unique index per company; "all companies" counts as one, as NULL differs from NULL."""
    live = text(LIVE)
    return Index(
        name,
        func.coalesce(Catalog.company_id, 0),
        column,
        unique=True,
        info={"field": field},
        sqlite_where=live,
        postgresql_where=live,
    )


_unique("uq_catalog_name_key", Catalog.name_key, "name")
_unique("uq_catalog_external_ref", Catalog.external_ref, "external_ref")
