"""The vocabularies that this slice brings to the page "Reference data"."""

from flask_babel import lazy_gettext as _l

from crm.accounts.models import (
    AccountCategory,
    ContactRole,
    Department,
    Industry,
    JobTitle,
    ProspectStatus,
    Source,
    Tag,
)
from crm.accounts.services import vocabulary
from crm.companies.views.reference import reference_view

VIEWS = (
    reference_view(
        ProspectStatus,
        "prospect-statuses",
        _l("Prospect statuses"),
        vocabulary.RULES,
        extras=("kind", "hue"),
        setting="manage_prospect_status",
    ),
    reference_view(Source, "sources", _l("Sources"), extras=("code",)),
    reference_view(
        AccountCategory, "account-categories", _l("Account categories"), extras=("code",)
    ),
    reference_view(Industry, "industries", _l("Industries"), extras=("code",)),
    reference_view(JobTitle, "job-titles", _l("Job titles")),
    reference_view(Department, "departments", _l("Departments")),
    reference_view(ContactRole, "contact-roles", _l("Contact roles")),
    reference_view(Tag, "tags", _l("Tags"), extras=("hue",)),
)
