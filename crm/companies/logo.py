"""The logo of a company on its public pages, for people without an account."""

from crm.companies.models import Company
from crm.core.db import db
from crm.core.links.models import PublicLink
from crm.core.links.purposes import Pictures


def logo_of(link: PublicLink) -> Pictures:
    """The logo of the company of a link as the pictures of its page; none where it has no logo."""
    logo = db.session.get_one(Company, link.company_id).logo
    return {"logo": logo} if logo is not None else {}
