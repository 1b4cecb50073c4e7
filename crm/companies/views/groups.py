"""/groups: users who share roles; a group can be a team."""

from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import Group
from flask_babel import lazy_gettext as _l

from crm.companies.people import groups
from crm.companies.people.datamodel import PeopleDataModel
from crm.companies.views.people import PeopleView


class GroupView(PeopleView):
    """Groups. Members get its roles, so each flush checks that the actor may give them."""

    datamodel = PeopleDataModel(Group, groups.RULES)
    route_base = "/groups"
    icon = "users-group"
    entity_name = _l("Group")
    list_title = _l("Groups")
    add_title = _l("Create a group")
    edit_title = _l("Edit the group")
    empty_title = _l("No groups yet")
    empty_text = _l("A group gives its roles to all its members, and can be a team.")
    list_columns = ["name", "is_team", "roles", "description"]
    order_columns = ["name", "is_team"]
    base_order = ("name", "asc")
    search_columns = ["is_team", "roles"]
    edit_fieldsets: ClassVar[Any] = [
        (None, {"fields": ["name", "is_team", "description"]}),
        (_l("Membership and permissions"), {"fields": ["roles", "users"]}),
    ]
    add_fieldsets = edit_fieldsets
    show_fieldsets: ClassVar[Any] = [
        (None, {"fields": ["name", "is_team", "description", "roles"]})
    ]
    readonly_in_place = ("roles", "users")
