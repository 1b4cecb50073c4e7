"""A template: the texts of a kind of e-mail, for one company or for all of them."""

from typing import ClassVar

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import by_value, flag, lists
from crm.core.files.models import StoredFile
from crm.core.models import Child, Record, field, folded, kinds, unique
from crm.core.models.words import words
from crm.core.types import Translated, TranslatedText
from crm.mail.models.words import TEMPLATE_KINDS, MessageKind


class Template(Record):
    """Subject and content in several languages; without a company it is of all companies."""

    __tablename__ = "template"
    __entity__: ClassVar[str] = "templates"
    __table_args__ = (
        unique("uq_template_shipped", "shipped", live=""),
        *lists("template", "kind", owned=False),
    )

    name: Mapped[TranslatedText] = field(
        _l("Name"), Translated, nullable=False, required=True, search=True
    )
    name_key: Mapped[str] = folded("all_names", 300, sorts="name")
    kind: Mapped[MessageKind] = field(
        _l("Used for"),
        by_value(MessageKind),
        choices=TEMPLATE_KINDS,
        help=_l("Determines which variables are available."),
        css="w-kind",
    )
    company_id: Mapped[int | None] = field(  # type: ignore[assignment]  # empty: everybody's
        _l("Company"),
        ForeignKey("company.id"),
        index=True,
        nullable=True,
        help=_l("Leave empty for all companies."),
        css="w-co",
        unset=_l("All companies"),
    )
    subject: Mapped[TranslatedText] = field(
        _l("Subject"), Translated, nullable=False, required=True
    )
    body: Mapped[TranslatedText] = field(
        _l("Content"),
        Translated,
        kind=kinds.TRANSLATED_RICH_TEXT,
        nullable=False,
        required=True,
    )
    add_signature: Mapped[bool] = flag(_l("Add signature"), on=True)
    is_default: Mapped[bool] = flag(
        lazy_pgettext("template", "Default"), help=_l("Suggested first when a template is chosen.")
    )
    active: Mapped[bool] = flag(lazy_pgettext("template", "Active"), on=True)
    # Which of the texts that ship it is; NULL where somebody made it.
    shipped: Mapped[str | None] = mapped_column(String(20))

    attachments: Mapped[list["TemplateAttachment"]] = relationship(
        back_populates="template",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="TemplateAttachment.id",
    )

    def __str__(self) -> str:
        return str(self.name)

    @property
    def files(self) -> list[StoredFile]:
        """What goes with each message that is made of it."""
        return [one.file for one in self.attachments]

    @property
    def all_names(self) -> str:
        """Its names in every language, of which any finds it."""
        return " ".join((self.name or {}).values())

    @property
    def search_words(self) -> str:
        return " ".join(dict.fromkeys(words(self.all_names)))


class TemplateAttachment(Child):
    """A file that goes with every message made of a template."""

    __tablename__ = "template_attachment"
    __parent__: ClassVar[str] = "template"

    template_id: Mapped[int] = mapped_column(
        ForeignKey("template.id", ondelete="CASCADE"), index=True
    )
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"), index=True)

    template: Mapped[Template] = relationship(back_populates="attachments")
    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)

    def __str__(self) -> str:
        return str(self.file)
