"""Stages and lost reasons, as they ship. Source: spec 3."""

from crm.accounts.models import LostReason
from crm.companies.seeds import Rows, named
from crm.opportunities.models import Stage, StageKind

OPEN, WON, LOST = StageKind.OPEN, StageKind.WON, StageKind.LOST

ROWS: Rows = (
    (
        Stage,
        (
            named("New", "Nouvelle", kind=OPEN, probability=10, hue="gray"),
            named("Qualification", "Qualification", kind=OPEN, probability=25, hue="blue"),
            named("Proposal", "Proposition", kind=OPEN, probability=50, hue="violet"),
            named("Negotiation", "Négociation", kind=OPEN, probability=75, hue="amber"),
            named("Won", "Gagnée", kind=WON, probability=100, hue="green"),
            named("Lost", "Perdue", kind=LOST, probability=0, hue="red"),
        ),
    ),
    (
        LostReason,
        (
            named("Price", "Prix"),
            named("Competitor", "Concurrent"),
            named("No budget", "Pas de budget"),
            named("Timing", "Calendrier"),
            named("No answer", "Sans réponse"),
            named("No need", "Pas de besoin"),
            named("Duplicate", "Doublon"),
            named("Other", "Autre", free_text=True),
        ),
    ),
)
