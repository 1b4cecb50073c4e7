"""Pages of companies, agencies and people, and of oneself: profile, password, preferences."""
