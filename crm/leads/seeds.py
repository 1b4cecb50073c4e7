"""Lead statuses, as they ship. Source: spec 3."""

from crm.companies.seeds import Rows, named
from crm.leads.models import LeadStatus, LeadStatusKind

OPEN, CONVERTED, LOST = LeadStatusKind.OPEN, LeadStatusKind.CONVERTED, LeadStatusKind.LOST

ROWS: Rows = (
    (
        LeadStatus,
        (
            named("To be processed", "À traiter", kind=OPEN, hue="gray"),
            named("Marketing qualification", "Qualification marketing", kind=OPEN, hue="teal"),
            named("Sales qualification", "Qualification commerciale", kind=OPEN, hue="blue"),
            named("Nurturing", "Maturation", kind=OPEN, hue="violet"),
            named("Converted", "Convertie", kind=CONVERTED, hue="green"),
            named("Lost", "Perdue", kind=LOST, hue="red"),
        ),
    ),
)
