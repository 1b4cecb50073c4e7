"""The vocabularies that this slice brings to the page "Reference data"."""

from flask_babel import lazy_gettext as _l

from crm.calendar import categories
from crm.calendar.models import EventCategory
from crm.companies.views.reference import reference_view

VIEWS = (
    reference_view(
        EventCategory,
        "event-categories",
        _l("Event categories"),
        categories.RULES,
        extras=("type", "code"),
    ),
)
