"""Notices (Notifications): what happened that concerns one person, listed under a bell."""
