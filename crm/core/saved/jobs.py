"""Regular work: deletes for good what was deleted a day ago."""

from crm.core.db import transaction
from crm.core.jobs import nightly
from crm.core.saved import services


@nightly("saved_views", hour=2)
def purge_nightly() -> None:
    with transaction():
        services.purge()
