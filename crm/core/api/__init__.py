"""The REST API of a table: FAB's URLs and shape, with our declarations, rights and rules.

`/api/v1/<resource>/` has GET (a page, with arguments `?q=` in rison or JSON) and POST; `/<id>` GET,
PUT and DELETE; `/<id>/<verb>` POST, for an action; `/_info` describes fields and filters. Errors
are `{"message": "…", "errors": {field: ["…"]}}`.
"""

from crm.core.api.columns import columns_of
from crm.core.api.merging import MergeVerb
from crm.core.api.openapi import OpenApi
from crm.core.api.rest import ModelRestApi
from crm.core.api.verbs import Verb

__all__ = ["MergeVerb", "ModelRestApi", "OpenApi", "Verb", "columns_of"]
