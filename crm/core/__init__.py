"""The layer on Flask-AppBuilder that every slice builds on; it knows no entity."""
