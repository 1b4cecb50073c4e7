"""The REST API of a table: FAB's addresses and shape, our declarations, rights and rules.

`/api/v1/<resource>/` answers GET (a page, asked for by `?q=` in rison or JSON) and POST; `/<id>`
GET, PUT and DELETE; `/_info` says what may be asked and written now. Refusals are
`{"message": "…", "errors": {field: ["…"]}}`.
"""

from crm.core.api.columns import columns_of
from crm.core.api.openapi import OpenApi
from crm.core.api.rest import ModelRestApi

__all__ = ["ModelRestApi", "OpenApi", "columns_of"]
