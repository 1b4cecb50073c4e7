"""The WSGI application, for `flask --app app` and any server."""

from crm.app import create_app

app = create_app()
