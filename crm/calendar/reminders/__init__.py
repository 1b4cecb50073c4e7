"""Reminders of events, and the digest of the day. Source: spec 9.5."""
