"""The queue port over PostgreSQL, in a database of its own whose roles see nothing else."""

from apps.platform.drivers.pgqueue.driver import PostgresQueue
from apps.platform.drivers.pgqueue.layout import lay_out

__all__ = ["PostgresQueue", "lay_out"]
