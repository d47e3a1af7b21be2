"""Django's admin, for platform staff: the tables as they are, to look at. What changes them has a page or an address of its own."""

from apps.console.tables import (
    registered,
    registered_chains,
    registered_datasets,
    registered_lineage,
    registered_syncing,
    registered_tasks,
)
from apps.console.tables.site import site

__all__ = [
    "registered",
    "registered_chains",
    "registered_datasets",
    "registered_lineage",
    "registered_syncing",
    "registered_tasks",
    "site",
]
