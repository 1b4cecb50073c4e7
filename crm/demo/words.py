"""Names, towns and texts of the demo, in the languages of its companies."""

FIRST_NAMES = {
    "fr": [
        "Sophie", "Karim", "Élodie", "Thomas", "Marie-Laure", "Julien", "Nathalie", "Antoine",
        "Camille", "Olivier", "Sarah", "Bruno", "Pauline", "Vincent", "Isabelle", "Mehdi",
        "Hélène", "Laurent", "Aurélie", "Étienne", "Chloé", "Rachid", "Françoise", "Loïc",
    ],
    "en": [
        "Emma", "Oliver", "Lucía", "James", "Marta", "Daniel", "Inés", "William", "Paula",
        "Hugo", "Alice", "Pablo", "Grace", "Carlos", "Laura", "George",
    ],
}  # fmt: skip
LAST_NAMES = {
    "fr": [
        "Marchand", "Haddad", "Besnard", "Girard", "Pasquier", "Faure", "Chevalier", "Lemaire",
        "Fontaine", "Cohen", "Delattre", "Mercier", "Robin", "Noël", "Amrani", "Vasseur",
        "Guichard", "Roy", "Caron", "Dupuis", "Renard", "Boyer", "Lacroix", "Meunier",
    ],
    "en": [
        "Walker", "García", "Hughes", "Fernández", "Bennett", "López", "Carter", "Moreno",
        "Turner", "Ruiz", "Collins", "Navarro", "Foster", "Iglesias", "Reed", "Ortega",
    ],
}  # fmt: skip
ORGANIZATIONS = {
    "fr": [
        "Bâti Rhône", "Transports Haddad & Fils", "Clinique Saint-Luc", "Girard Menuiserie",
        "Académie de danse Pasquier", "Faure Électricité", "Mairie de Villefontaine",
        "Brasserie du Vieux-Lille", "Fontaine & Associés", "Imprimerie Chevalier",
        "Laboratoire Cohen", "Delattre Logistique", "Groupe scolaire Jules-Verne",
        "Robin Charpentes", "Cabinet Noël Expertise", "Amrani Froid Industriel",
        "Pharmacie Vasseur", "Hôtel des Terreaux", "Saône Hôtels", "Boulangerie Éclair",
        "Garage du Parc", "Optique Bellecour", "Jardins de l’Ain", "Vins du Beaujolais",
        "Cycles Lumière", "Atelier Garance", "Papeterie des Quais", "Textile du Nord",
        "Pompes Durand", "Librairie La Plume", "Crèche Les Lutins", "Toitures Savoyardes",
        "Menuiserie Roubaix", "Cave de Tain", "Agence Horizon", "Studio Confluence",
        "Métal Services", "Coopérative du Forez", "Ambulances Presqu’île", "École des Métiers",
    ],
    "en": [
        "Northwind Foods", "Harbour Clinic", "Solano Logistics", "Castilla Textiles",
        "Bright Schools", "Green Valley Farms", "Costa Hotels", "Prado Print", "Sierra Outdoor",
        "Atlantic Seafood", "Madrid Mobility", "Levante Ceramics", "Fable Books",
        "Oakline Furniture", "Vega Pharma", "Torres Wines",
    ],
}  # fmt: skip
TOWNS = {
    "fr": [
        ("69002", "Lyon"),
        ("69100", "Villeurbanne"),
        ("38000", "Grenoble"),
        ("42000", "Saint-Étienne"),
        ("59000", "Lille"),
        ("59100", "Roubaix"),
        ("62000", "Arras"),
        ("71000", "Mâcon"),
    ],
    "en": [
        ("28001", "Madrid"),
        ("08001", "Barcelona"),
        ("46001", "Valencia"),
        ("41001", "Sevilla"),
    ],
}
STREETS = {
    "fr": ["quai Rambaud", "rue Lanterne", "place Bellecour", "avenue Foch", "rue de la Monnaie"],
    "en": ["Calle Mayor", "Gran Vía", "Paseo del Prado", "Calle de Alcalá"],
}
NEEDS = {
    "fr": [
        "Mobilier du nouveau siège", "Rénovation de l’accueil", "Parc de copieurs",
        "Contrat de maintenance", "Équipement de la salle de réunion", "Signalétique",
        "Renouvellement du parc", "Extension des bureaux", "Formation des équipes",
        "Cloisons acoustiques",
    ],
    "en": [
        "New office furniture", "Front desk renovation", "Printer fleet", "Maintenance contract",
        "Meeting room equipment", "Signage", "Fleet renewal", "Office extension",
        "Team training",
    ],
}  # fmt: skip
NOTES = {
    "fr": [
        "Décision en comité le premier mardi du mois.\nDemande un chantier témoin avant de signer.",
        "Très sensible au délai d’intervention.\nLivraisons avant 9 h par la cour.",
        "Client fidèle depuis 2019. Préfère le téléphone à l’e-mail.",
        "Budget annuel voté en novembre ; rien au-dessus de 10 000 € sans la direction.",
    ],
    "en": [
        "Decides in committee on the first Tuesday of the month.\nWants to visit a reference site.",
        "Very sensitive to lead times.\nDeliveries before nine, through the yard.",
        "A client since 2019. Prefers the telephone to e-mail.",
    ],
}
DESCRIPTIONS = {
    "fr": [
        "Parc de neuf copieurs en fin de contrat. Souhaite passer à trois machines centrales.",
        "Rencontre au salon : cherche un fournisseur unique pour deux sites.",
        "Appel entrant après recommandation. À rappeler en fin de matinée.",
    ],
    "en": [
        "Nine printers at the end of their lease. Would like three central ones.",
        "Met at the trade show: looks for one supplier for two sites.",
        "Called in after a recommendation. Best reached late in the morning.",
    ],
}
SUBJECTS = {
    "fr": {
        "meeting": [
            "Visite du site",
            "Démonstration",
            "Présentation de l’offre",
            "Point d’avancement",
        ],
        "call": ["Rappeler", "Qualifier le besoin", "Relancer le devis"],
        "task": ["Préparer le devis", "Envoyer la plaquette", "Mettre à jour la fiche"],
        "event": ["Salon des achats", "Journée portes ouvertes"],
    },
    "en": {
        "meeting": ["Site visit", "Demonstration", "Presentation of the offer", "Progress review"],
        "call": ["Call back", "Qualify the need", "Follow up the quote"],
        "task": ["Prepare the quote", "Send the brochure", "Update the record"],
        "event": ["Trade show", "Open day"],
    },
}
OUTCOMES = {
    "fr": [
        "Intéressé, demande un devis détaillé.",
        "Absent, message laissé.",
        "Accord de principe, reste le calendrier.",
    ],
    "en": [
        "Interested, asks for a detailed quote.",
        "Not there, left a message.",
        "Agrees in principle, dates to be settled.",
    ],
}
CATALOGS = {
    "fr": [
        ("Collection bureaux", "Nordahl"), ("Tarif général", "ACME"),
        ("Sièges et fauteuils", "Siéga"),
    ],
    "en": [("Office collection", "Nordahl"), ("Price list", "ACME")],
}  # fmt: skip
