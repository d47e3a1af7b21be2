"""What every change of a grant begins and ends with."""

from __future__ import annotations

from datetime import datetime

from apps.audit.domain import Subject
from apps.pii.domain import State
from apps.pii.models import PiiGrant
from apps.platform.errors import Conflict, NotFound

_CLOSED = {
    State.WAITING: "Nobody has decided on this request yet; refuse or withdraw it instead.",
    State.LIVING: "This request is approved already; revoke the grant to end it.",
    State.REFUSED: "This request was refused; ask again with a better reason.",
    State.WITHDRAWN: "Who asked has withdrawn this request.",
    State.REVOKED: "This grant was revoked; a new request is needed.",
    State.EXPIRED: "This grant's end has passed; a new request is needed.",
}


def lock(grant: PiiGrant) -> PiiGrant:
    fresh = PiiGrant.objects.select_for_update(of=("self",)).select_related("person", "role").filter(pk=grant.pk).first()
    if fresh is None:
        raise NotFound("There is no such grant any more.", code="unknown_pii_grant")
    return fresh


def closed(grant: PiiGrant, *, now: datetime) -> Conflict:
    state = grant.state_at(now)
    return Conflict(_CLOSED[state], code="pii_grant_closed", detail={"state": state.value})


def subject_of(grant: PiiGrant) -> Subject:
    return Subject("pii_grant", str(grant.pk), f"{grant.what} for {grant.grantee}")
