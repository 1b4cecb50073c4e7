"""The layer on Flask-AppBuilder that every slice stands on; it knows no entity of ours."""
