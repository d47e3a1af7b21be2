"""Every change of streams and their ledgers."""

from apps.syncing.services.following import follow_heads, seconds_until_look
from apps.syncing.services.ledger import Told
from apps.syncing.services.pausing import set_paused
from apps.syncing.services.planning import look_after_all, take_told, take_up_dag

__all__ = ["Told", "follow_heads", "look_after_all", "seconds_until_look", "set_paused", "take_told", "take_up_dag"]
