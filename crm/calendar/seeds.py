"""Event categories, as they ship. Source: spec 3."""

from crm.calendar.models import EventCategory, EventType
from crm.companies.seeds import Rows, named

MEETING, EVENT = EventType.MEETING, EventType.EVENT

ROWS: Rows = (
    (
        EventCategory,
        (
            named("Internal meeting", "Réunion interne", type=MEETING, code="internal"),
            named("Customer meeting", "Rendez-vous client", type=MEETING, code="customer"),
            named("Prospect meeting", "Rendez-vous prospect", type=MEETING, code="prospect"),
            named("Supplier meeting", "Rendez-vous fournisseur", type=MEETING, code="supplier"),
            named("Training", "Formation", type=EVENT, code="training"),
            named("Trade show", "Salon", type=EVENT, code="show"),
        ),
    ),
)
