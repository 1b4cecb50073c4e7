"""/companies and /agencies."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.companies.models import Agency, Company
from crm.companies.services import agency, company
from crm.companies.views.handover import HandOverOfAgency
from crm.companies.views.pictures import picture_field, picture_url
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.views import PK, Action, Field, ModelView
from crm.core.views.uploads import show_picture


class CompanyView(ModelView):
    """Companies."""

    datamodel = DataModel(Company, company.RULES)
    route_base = "/companies"
    class_permission_name = "companies"
    exclude_route_methods = ModelView.exclude_route_methods | {"bin", "restore", "totals"}
    icon = "building"
    entity_name = _l("Company")
    list_title = _l("Companies")
    add_title = _l("Create a company")
    edit_title = _l("Edit the company")
    list_columns = ["name", "code", "city", "country", "currency", "language", "active"]
    order_columns = ["name", "code", "city"]
    base_order = ("name", "asc")
    search_columns = ["active", "country", "currency", "language"]
    headline = ("code", "active")
    edit_fieldsets: ClassVar[Any] = [
        (_l("Identity"), {"fields": [
            "name", "code", "parent", "siren", "siret", "vat_number", "legal_form",
            "share_capital", "registry_town", "logo",
        ]}),
        (_l("Address"), {"fields": ["address", "postal_code", "city", "country"]}),
        (_l("Regional settings"), {"fields": [
            "currency", "language", "time_zone", "default_account_kind", "active",
        ]}),
    ]  # fmt: skip
    add_fieldsets = edit_fieldsets
    show_fieldsets = edit_fieldsets
    widths: ClassVar[Mapping[str, str]] = {
        "address": "w6", "postal_code": "w2", "city": "w2", "country": "w2",
    }  # fmt: skip

    def field_of(self, row: Company, name: str) -> Field:
        if name == "logo":
            return picture_field(row, name, str(_("Logo")))
        return super().field_of(row, name)

    def prepare_form(self, form: Form) -> None:
        show_picture(form.fields["logo"], picture_url(form.row) if form.row else "")


class AgencyView(ModelView):
    """Agencies, while they are managed."""

    datamodel = DataModel(Agency, agency.RULES)
    route_base = "/agencies"
    class_permission_name = "agencies"
    setting = "manage_agencies"
    method_actions: ClassVar[Mapping[str, str]] = {"deactivate": "edit"}
    exclude_route_methods = ModelView.exclude_route_methods | {"bin", "restore", "totals"}
    tab_of = ("company",)
    icon = "map-pin"
    entity_name = _l("Agency")
    list_title = _l("Agencies")
    add_title = _l("Create an agency")
    edit_title = _l("Edit the agency")
    empty_title = _l("No agencies yet")
    empty_text = _l("An agency or establishment of the company.")
    list_columns = ["name", "code", "company", "city", "phone", "manager", "active"]
    order_columns = ["name", "code", "company", "city"]
    base_order = ("name", "asc")
    search_columns = ["active", "company", "manager"]
    headline = ("company", "code", "active")
    edit_fieldsets: ClassVar[Any] = [
        (_l("Identity"), {"fields": ["name", "code", "company", "manager", "active"]}),
        (_l("Address"), {"fields": ["address", "city", "country", "phone", "email"]}),
        (_l("Assignment"), {"fields": ["postal_areas"]}),
    ]
    add_fieldsets = edit_fieldsets
    show_fieldsets = edit_fieldsets
    widths: ClassVar[Mapping[str, str]] = {"address": "w6", "postal_areas": "w6"}
    readonly_in_place = ("active",)

    def edit_names(self, row: Any) -> list[str]:
        """Deactivating asks where its records go, so that it is no field of the form."""
        return [name for name in super().edit_names(row) if name != "active" or not row.active]

    def record_menu(self, row: Agency, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if editable and row.active:
            url = self.url("deactivate", pk=row.id)
            menu.insert(0, Action(_("Deactivate"), url, "ban", opens_dialog=True))
        return menu

    @expose(f"/deactivate/{PK}", methods=("GET", "POST"))
    @has_access
    def deactivate(self, pk: int) -> ResponseReturnValue:
        """Ask where the agency's records go, and deactivate it, in one transaction."""
        row = self.row(pk, "edit")
        dialog = HandOverOfAgency(row, self.datamodel)

        def deactivate() -> None:
            dialog.apply()
            self.datamodel.update(row, {"active": False})

        return self.perform_with_dialog(row, dialog, deactivate)
