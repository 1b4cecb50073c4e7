"""Regular work: deletes the notices that were read long ago."""

from crm.core.db import transaction
from crm.core.jobs import nightly
from crm.notices import services


@nightly("notices", hour=2)
def purge_nightly() -> None:
    with transaction():
        services.purge()
