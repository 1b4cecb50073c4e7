"""The form of what people save: its name, and the groups that it is shared with."""

from collections.abc import Sequence

from flask import request
from flask_babel import gettext as _

from crm.core.errors import DomainError
from crm.core.forms.fields import FormField
from crm.core.models import Spec, kinds
from crm.core.saved import services
from crm.core.saved.models import NAME, SavedView
from crm.core.saved.services import Given
from crm.core.views.base import FieldGroup
from crm.core.views.form import FormPage

GROUP = "group-"  # the inputs of the groups that it is shared with


def form_fields(row: SavedView | None, default_label: str = "") -> dict[str, FormField]:
    """The inputs: the name, a tick for each group, and where it has one that of the default.

    Of a form that was opened before others saved, with what is saved now where it differs.
    """
    posted = request.form if request.method == "POST" else None
    name = FormField("name", Spec(_("Name"), kinds.TEXT, required=True, length=NAME), width="w6")
    name.texts = [row.name if row is not None else ""]
    shared = {group.id for group in row.groups} if row is not None else set()
    fields = {"name": name}
    for group in services.groups_of(row):
        key = f"{GROUP}{group.id}"
        fields[key] = _tick(key, group.name, group.id in shared)
    if default_label:
        is_default = row is not None and row.is_default
        fields["is_default"] = _tick("is_default", default_label, is_default)
    if posted is not None:
        is_old = row is not None and posted.get("row_version") != str(row.row_version)
        for key, one in fields.items():
            now, one.texts = one.texts[0], [posted.get(key, "")]
            if is_old and one.texts[0] != now:
                words = now if key == "name" else _("Yes") if now else _("No")
                one.errors.append(_("Saved in the meantime: %(value)s", value=words))
    return fields


def _tick(name: str, label: str, on: bool) -> FormField:
    field = FormField(name, Spec(label, kinds.BOOLEAN), width="w6")
    field.texts = ["1" if on else ""]
    return field


def given_by(fields: dict[str, FormField]) -> Given:
    """What was posted."""
    ticked = {name for name, one in fields.items() if any(one.texts) and name != "name"}
    groups = (name.removeprefix(GROUP) for name in ticked if name.startswith(GROUP))
    return Given(fields["name"].texts[0], frozenset(map(int, groups)), "is_default" in ticked)


def form_page(
    title: str,
    crumbs: Sequence[tuple[str, str]],
    fields: dict[str, FormField],
    back: str,
    error: DomainError | None,
) -> FormPage:
    """The form, with what is wrong."""
    groups = [one for name, one in fields.items() if name.startswith(GROUP)]
    shared = FieldGroup(_("Shared with"), groups)
    shared.help = _(
        "Without a group, nobody else sees it. Everyone sees only the records within their reach."
    )
    page = FormPage(
        title=title,
        action=request.full_path.rstrip("?"),
        crumbs=[*crumbs],
        groups=[
            FieldGroup("", [fields["name"]]),
            *([shared] if groups else []),
            *([FieldGroup(_("Menu"), [fields["is_default"]])] if "is_default" in fields else []),
        ],
        cancel_url=back,
        submit_label=_("Save"),
        draft_key="",
        has_required=True,
    )
    if error is not None:
        page.form_errors = [error.message] if error.message else []
        for name, text in error.fields.items():
            fields[name].errors.append(text)
        page.errors = [(one.id, one.label, text) for one in fields.values() for text in one.errors]
    return page
