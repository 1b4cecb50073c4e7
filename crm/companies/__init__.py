"""Companies (sociétés), agencies (agences), users, groups, roles and settings."""
