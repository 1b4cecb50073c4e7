"""/api/v1/templates."""

from crm.core.api import ModelRestApi
from crm.mail.templates.views import TemplateView


class TemplateApi(ModelRestApi):
    """Templates, by the declarations of their pages."""

    view = TemplateView
