"""Every change to classifications and grants. Each writes its audit record in its own transaction."""

from apps.pii.services.classifying import classify, declassify, reclassify
from apps.pii.services.deciding import approve, refuse, revoke
from apps.pii.services.requesting import request_grant, withdraw
from apps.pii.services.seeing import tell_seen

__all__ = ["approve", "classify", "declassify", "reclassify", "refuse", "request_grant", "revoke", "tell_seen", "withdraw"]
