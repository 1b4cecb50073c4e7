"""Notices (Notifications): what happened that concerns one person, told under a bell."""
