"""What a day begins with: home (accueil), and later the reports."""
