"""Accounts (tiers), which are prospects or clients, and contacts (contacts)."""
