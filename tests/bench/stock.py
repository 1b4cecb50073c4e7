"""Stock Flask-AppBuilder on the same rows: its own views, menu, rights and templates."""

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_sqlalchemy import SQLAlchemy

from crm import tables  # noqa: F401  every table that the leads lead to
from crm.accounts.models import Account, Contact
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity


class StockLeads(ModelView):
    """The columns of our own list, and what it can be searched by."""

    datamodel = SQLAInterface(Lead)
    route_base = "/leads"
    page_size = 25
    base_order = ("received_on", "desc")
    list_columns = [
        "last_name", "organization", "phone", "email", "received_on", "owner", "status", "score",
        "next_event_at",
    ]  # fmt: skip
    search_columns = ["city", "received_on", "score", "country"]
    add_columns = edit_columns = show_columns = ["last_name", "organization"]


class StockAccounts(ModelView):
    datamodel = SQLAInterface(Account)
    list_columns = add_columns = edit_columns = show_columns = search_columns = ["name"]


class StockContacts(ModelView):
    datamodel = SQLAInterface(Contact)
    list_columns = add_columns = edit_columns = show_columns = search_columns = ["last_name"]


class StockOpportunities(ModelView):
    datamodel = SQLAInterface(Opportunity)
    list_columns = add_columns = edit_columns = show_columns = search_columns = ["name"]


def make_stock(url: str, secret: str, cookie: str, *, prepare: bool = False) -> Flask:
    """The application; `prepare` writes the rights of its pages first, as its first start does."""
    app = Flask("stock")
    app.config.update(
        SECRET_KEY=secret,
        SQLALCHEMY_DATABASE_URI=url,
        SESSION_COOKIE_NAME=cookie,
        FAB_UPDATE_PERMS=prepare,
        FAB_CREATE_DB=False,
        WTF_CSRF_ENABLED=True,
    )
    db = SQLAlchemy(app, model_class=Model)
    with app.app_context():
        builder = AppBuilder(app, db.session)
        builder.add_view(StockLeads, "Leads", icon="fa-user", category="Sales")
        builder.add_view(StockAccounts, "Accounts", icon="fa-user", category="Sales")
        builder.add_view(StockContacts, "Contacts", icon="fa-user", category="Sales")
        builder.add_view(StockOpportunities, "Opportunities", icon="fa-user", category="Sales")
    return app
