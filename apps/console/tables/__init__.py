"""Django's admin, for platform staff: the tables as they are, to look at. What changes them has a page or an address of its own."""

from apps.console.tables.registered import site

__all__ = ["site"]
