"""The vocabulary of leads, accounts and contacts, as it ships. Source: spec 3."""

from crm.accounts.models import (
    AccountCategory,
    ContactRole,
    Department,
    Industry,
    JobTitle,
    ProspectStatus,
    ProspectStatusKind,
    Source,
)
from crm.companies.seeds import Rows, named

OPEN, WON, LOST = ProspectStatusKind.OPEN, ProspectStatusKind.WON, ProspectStatusKind.LOST

ROWS: Rows = (
    (
        ProspectStatus,
        (
            named("To be processed", "À traiter", kind=OPEN, hue="gray"),
            named("Marketing qualification", "Qualification marketing", kind=OPEN, hue="teal"),
            named("Sales qualification", "Qualification commerciale", kind=OPEN, hue="blue"),
            named("Nurturing", "Maturation", kind=OPEN, hue="violet"),
            named("Won", "Gagné", kind=WON, hue="green"),
            named("Lost", "Perdu", kind=LOST, hue="red"),
        ),
    ),
    (
        Source,
        (
            named("Website", "Site web", code="web"),
            named("Trade show", "Salon", code="show"),
            named("Phone call", "Appel entrant", code="call"),
            named("Recommendation", "Recommandation", code="recommendation"),
            named("Campaign", "Campagne", code="campaign"),
            named("Partner", "Partenaire", code="partner"),
            named("Prospecting", "Prospection", code="prospecting"),
        ),
    ),
    (
        AccountCategory,
        (
            named("Key account", "Grand compte", code="key"),
            named("SME", "PME", code="sme"),
            named("Public sector", "Secteur public", code="public"),
            named("Association", "Association", code="association"),
            named("Individual", "Particulier", code="individual"),
        ),
    ),
    (
        Industry,
        (
            named("Agriculture and food", "Agriculture et agroalimentaire", code="food"),
            named("Construction", "Bâtiment et travaux publics", code="construction"),
            named("Manufacturing", "Industrie", code="manufacturing"),
            named("Energy and environment", "Énergie et environnement", code="energy"),
            named("Retail", "Commerce de détail", code="retail"),
            named("Wholesale", "Commerce de gros", code="wholesale"),
            named("Transport and logistics", "Transport et logistique", code="transport"),
            named("Hotels and restaurants", "Hôtellerie et restauration", code="hospitality"),
            named("Software and IT", "Logiciel et informatique", code="it"),
            named("Telecommunications", "Télécommunications", code="telecom"),
            named("Finance and insurance", "Banque et assurance", code="finance"),
            named("Real estate", "Immobilier", code="real-estate"),
            named("Health", "Santé", code="health"),
            named("Education", "Enseignement", code="education"),
            named("Public administration", "Administration publique", code="public"),
            named("Services to companies", "Services aux entreprises", code="services"),
        ),
    ),
    (
        JobTitle,
        (
            named("Chief executive", "Dirigeant"),
            named("Purchasing manager", "Responsable des achats"),
            named("Sales director", "Directeur commercial"),
            named("Marketing manager", "Responsable marketing"),
            named("Finance director", "Directeur financier"),
            named("IT manager", "Responsable informatique"),
            named("Technical manager", "Responsable technique"),
            named("Assistant", "Assistant"),
        ),
    ),
    (
        Department,
        (
            named("Management", "Direction"),
            named("Sales", "Commercial"),
            named("Marketing", "Marketing"),
            named("Purchasing", "Achats"),
            named("IT", "Informatique"),
            named("Finance", "Finance"),
        ),
    ),
    (
        ContactRole,
        (
            named("Decision maker", "Décideur"),
            named("User", "Utilisateur"),
            named("Prescriber", "Prescripteur"),
            named("Billing", "Facturation"),
        ),
    ),
)
