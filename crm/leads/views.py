"""/leads: list, record and form of leads."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l

from crm.core.datamodel import DataModel
from crm.core.views import ModelView, Preset
from crm.leads import services
from crm.leads.models import Lead


class LeadView(ModelView):
    """Leads, from the first call to the conversion or the loss."""

    datamodel = DataModel(Lead, services)
    route_base = "/leads"
    class_permission_name = "leads"
    setting_columns: ClassVar[Mapping[str, str]] = {"agency": "manage_agencies"}
    icon = "target-arrow"
    one = _l("Lead")
    list_title = _l("Leads")
    add_title = _l("Create a lead")
    edit_title = _l("Edit the lead")
    empty_title = _l("No leads yet")
    empty_text = _l("A lead is a person or a company that showed interest and is not yet a client.")

    presets = (
        Preset("mine", _l("My leads"), [("owner", 0, ["me"]), ("status.kind", 0, ["open"])]),
        Preset("open", _l("Open leads"), [("status.kind", 0, ["open"])]),
        Preset("closed", _l("Closed leads"), [("status.kind", 1, ["open"])]),
    )
    list_columns = [
        "display_name", "organization", "phone", "email", "received_on", "owner", "agency",
        "company", "status", "score", "next_event_at",
    ]  # fmt: skip
    order_columns = [
        "display_name", "organization", "received_on", "owner", "agency", "status", "score", "next_event_at",
    ]  # fmt: skip
    base_order = ("received_on", "desc")
    search_columns = [
        "status", "status.kind", "owner", "source", "agency", "company", "score", "category",
        "industry", "country", "city", "received_on", "tags", "do_not_call", "key_account",
    ]  # fmt: skip
    idline = ("status", "owner", "score")
    widths: ClassVar[Mapping[str, str]] = {
        "civility": "w2", "first_name": "w2", "last_name": "w2", "address": "w6", "postal_code": "w2",
        "city": "w2", "country": "w2", "tags": "w6", "description": "w6", "status_note": "w6",
    }  # fmt: skip
    contact: ClassVar[list[str]] = [
        "civility", "first_name", "last_name", "organization", "job_title", "department", "email",
        "phone", "mobile", "website", "address", "postal_code", "city", "country",
    ]  # fmt: skip
    edit_fieldsets: ClassVar[Any] = [
        (_l("Contact details"), {"fields": contact}),
        (_l("Follow-up"), {"fields": [
            "company", "status", "owner", "received_on", "agency", "status_note",
        ]}),
        (_l("Marketing"), {"fields": [
            "source", "source_note", "score", "company_size", "industry", "category", "tags",
            "description", "key_account", "nurturing", "do_not_call", "do_not_email",
        ]}),
    ]  # fmt: skip
    add_fieldsets = edit_fieldsets
    show_fieldsets: ClassVar[Any] = [
        (_l("Contact details"), {"fields": contact}),
        (_l("Qualification"), {"fields": [
            "received_on", "industry", "category", "status_note", "key_account", "nurturing",
            "do_not_call", "do_not_email", "description",
        ]}),
    ]  # fmt: skip
    side_fieldsets: ClassVar[Any] = [
        (_l("Follow-up"), {"fields": ["owner", "agency", "company", "status", "lost_reason", "last_event_at"]}),
        (_l("Marketing"), {"fields": ["score", "company_size", "source", "source_note", "tags"]}),
    ]  # fmt: skip
