"""VAT rates and units, as they ship. Source: spec 3."""

from decimal import Decimal

from crm.companies.seeds import Rows, named
from crm.quotes.models import Unit, VatRate

ROWS: Rows = (
    (
        VatRate,
        (
            named("20%", "20 %", rate=Decimal(20), country="FR"),
            named("10%", "10 %", rate=Decimal(10), country="FR"),
            named("5.5%", "5,5 %", rate=Decimal("5.5"), country="FR"),
            named("2.1%", "2,1 %", rate=Decimal("2.1"), country="FR"),
            named("0%", "0 %", rate=Decimal(0), country="FR"),
        ),
    ),
    (
        Unit,
        (
            named("Piece", "Pièce", decimals=0),
            named("Hour", "Heure", decimals=2),
            named("Day", "Jour", decimals=2),
            named("Month", "Mois", decimals=2),
            named("Package", "Forfait", decimals=0),
            named("Kilogram", "Kilogramme", decimals=3),
        ),
    ),
)
