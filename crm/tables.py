"""Every table there is. Imported before FAB's security manager, which makes the mappers final."""

from crm.accounts import models as accounts
from crm.calendar import models as calendar
from crm.catalog import models as catalog
from crm.companies import models as companies
from crm.core.files import models as files
from crm.core.links import models as links
from crm.core.saved import models as saved
from crm.core.transfer import runs as imports
from crm.duplicates import models as duplicates
from crm.leads import models as leads
from crm.mail import models as mail
from crm.notices import models as notices
from crm.opportunities import models as opportunities
from crm.quotes import models as quotes
from crm.reporting import models as reporting
from crm.reporting.schedules import models as schedules

__all__ = [
    "accounts",
    "calendar",
    "catalog",
    "companies",
    "duplicates",
    "files",
    "imports",
    "leads",
    "links",
    "mail",
    "notices",
    "opportunities",
    "quotes",
    "reporting",
    "saved",
    "schedules",
]
