"""Where a template is used, and who changed it last, as its page says it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _

from crm.companies.models import Company, CompanySettings
from crm.core.actor import current_actor
from crm.core.models import spec_of
from crm.core.models.text import format_day
from crm.core.views import Field, Panel
from crm.core.views.display import zone
from crm.mail.models import Template


def settings_url(company_id: int, setting: str) -> str:
    """The setting of a company by which it chooses a template."""
    return url_for("CompanySettingsView.company", pk=company_id, _anchor=f"f-{setting}")


def used_by_panel(used: Sequence[tuple[Company, str]]) -> Panel:
    """The companies that send it, with links to the settings that the reader may see."""
    mine = current_actor().company_ids
    return Panel(
        _("Used by"),
        fields=[
            Field(
                f"{setting}-{company.id}",
                spec_of(CompanySettings, setting).label,
                "text",
                text=company.name,
                url=settings_url(company.id, setting) if company.id in mine else None,
            )
            for company, setting in used
        ],
    )


def changed_words(template: Template) -> str:
    """Whether it shipped, and who changed it when."""
    if template.changed_by is None:
        return _("Shipped with the application") if template.shipped else ""
    day = format_day(template.changed_on.astimezone(ZoneInfo(zone())).date())
    if template.shipped:
        return _("Shipped, changed by %(name)s on %(day)s", name=template.changed_by, day=day)
    return _("Changed by %(name)s on %(day)s", name=template.changed_by, day=day)
