"""The outbox: `put` in the caller's transaction, `publish_batch` afterwards, `replay` by hand."""

from apps.outbox.services.publishing import Drained, Published, drain, give_up_on_dead_rows, prune, publish_batch
from apps.outbox.services.putting import Outgoing, put, put_many
from apps.outbox.services.replaying import replay, try_now

__all__ = [
    "Drained",
    "Outgoing",
    "Published",
    "drain",
    "give_up_on_dead_rows",
    "prune",
    "publish_batch",
    "put",
    "put_many",
    "replay",
    "try_now",
]
