"""Users, groups and roles: what can be done to them, whoever asks, and what nobody may do."""
