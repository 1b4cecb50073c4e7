"""/products. Source: spec 8.1."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from crm.core.api import ModelRestApi
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.views import ModelView
from crm.quotes.models import Product
from crm.quotes.services import product as services


class ProductView(ModelView):
    """The products that fill the lines of quotes."""

    datamodel = DataModel(Product, services.RULES)
    route_base = "/products"
    class_permission_name = "products"
    icon = "package"
    entity_name = _l("Product")
    list_title = _l("Products")
    add_title = _l("Create a product")
    edit_title = _l("Edit the product")
    empty_title = _l("No products yet")
    empty_text = _l("A product fills in the label, price, unit and VAT rate of a quote line.")
    list_columns = [
        "name", "code", "price_list", "recurring_period", "unit", "vat_rate", "company", "active",
    ]  # fmt: skip
    order_columns = ["name", "code"]
    base_order = ("name", "asc")
    phone_columns = ("price_list",)
    column_css: ClassVar[Mapping[str, str]] = {
        "code": "w-phone", "price_list": "num r w-amount", "recurring_period": "w-agency",
        "unit": "w-agency", "vat_rate": "w-phone", "active": "w-score",
    }  # fmt: skip
    search_columns = ["active", "recurring_period", "unit", "vat_rate", "company"]
    list_relations = ("prices",)
    setting_columns: ClassVar[Mapping[str, str]] = {"recurring_period": "manage_recurring"}
    children: ClassVar[Mapping[str, Sequence[str]]] = {"prices": ("currency", "price")}
    headline = ("code", "active")
    edit_fieldsets: ClassVar[Any] = [
        (_l("Identity"), {"fields": ["company", "name", "code", "description", "active"]}),
        (_l("Sale"), {"fields": ["prices", "recurring_period", "unit", "vat_rate"]}),
    ]
    add_fieldsets = edit_fieldsets
    show_fieldsets = edit_fieldsets
    widths: ClassVar[Mapping[str, str]] = {"description": "w6"}

    def prepare_form(self, form: Form) -> None:
        """The currency of a price stands beside it, where it is chosen."""
        if "prices" in form.fields:
            prices = form.fields["prices"]
            for line in [*prices.rows, prices.blank_row]:
                prices.cells(line)["price"].unit = ""


class ProductApi(ModelRestApi):
    """/api/v1/products, by the declarations of the pages."""

    view = ProductView
