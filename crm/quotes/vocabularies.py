"""The vocabularies that this slice brings to the page "Reference data"."""

from flask_babel import lazy_gettext as _l

from crm.companies.views.reference import reference_view
from crm.quotes.models import Unit, VatRate
from crm.quotes.services import vat_rate

VIEWS = (
    reference_view(
        VatRate, "vat-rates", _l("VAT rates"), vat_rate.RULES, extras=("rate", "country")
    ),
    reference_view(Unit, "units", _l("Units"), extras=("decimals",)),
)
