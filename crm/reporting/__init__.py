"""The home page (accueil), and later the reports."""
