"""The queue, in a database of this process's own."""

from tests.ports.conftest import config, with_queue_database

__all__ = ["config", "with_queue_database"]
