"""Sending e-mails (Envoyer un e-mail) and catalogues (Envoyer un catalogue) to people."""
