"""The vocabulary of leads, accounts and contacts. Source: spec 3."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import String
from sqlalchemy.orm import Mapped

from crm.companies.columns import colour, flag
from crm.core.models import Reference, field


class Source(Reference):
    """Where a lead, an account or an opportunity came from."""

    __tablename__ = "source"

    code: Mapped[str | None] = field(_l("Code"), String(20))


class AccountCategory(Reference):
    """What sort of account it is: key account, SME, public sector."""

    __tablename__ = "account_category"

    code: Mapped[str | None] = field(_l("Code"), String(20))


class Industry(Reference):
    """The industry of an account."""

    __tablename__ = "industry"

    code: Mapped[str | None] = field(_l("Code"), String(20))


class JobTitle(Reference):
    """What a person does."""

    __tablename__ = "job_title"


class Department(Reference):
    """The department in which a person works."""

    __tablename__ = "department"


class ContactRole(Reference):
    """The role of a contact in a sale: decision maker, user, buyer."""

    __tablename__ = "contact_role"


class Tag(Reference):
    """A free label on leads, accounts and opportunities."""

    __tablename__ = "tag"

    hue: Mapped[str] = colour()


class LostReason(Reference):
    """Why a lead, an opportunity or a prospect was lost."""

    __tablename__ = "lost_reason"

    free_text: Mapped[bool] = flag(_l("Free text"), help=_l("Makes a comment required."))
    for_leads: Mapped[bool] = flag(_l("For leads"), on=True)
    for_opportunities: Mapped[bool] = flag(_l("For opportunities"), on=True)
    for_prospects: Mapped[bool] = flag(_l("For prospects"), on=True)
