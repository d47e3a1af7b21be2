from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.accounts.domain import checked_name
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas
from apps.orgs.domain import Scope, new_token, token_digest
from apps.orgs.models import ApiToken, Membership, Org
from apps.orgs.quotas import Quota
from apps.platform.errors import Conflict, Invalid

LONGEST = timedelta(days=366)
# Nobody watches more than this, and a forgotten token is an open door.
MOST = 50
# A write for every call would cost more than it tells; one a minute costs little.
_NOTED = timedelta(minutes=1)


@transaction.atomic
def create_token(membership: Membership, *, name: str, scope: str, days: int, by: Actor, now: datetime) -> tuple[ApiToken, str]:
    """The token and its text, which is shown this once: only its digest is kept."""
    name = checked_name(name)[:80]
    if scope not in set(Scope):
        raise Invalid("A token is for read, write, admin or platform.", code="unknown_scope")
    if scope == Scope.PLATFORM and not membership.person.is_platform_staff:
        raise Invalid("Only platform staff can make a token for the platform.", code="unknown_scope")
    if not 1 <= days <= LONGEST.days:
        raise Invalid(f"A token lives between 1 and {LONGEST.days} days.", code="bad_expiry")
    Org.objects.select_for_update().get(pk=membership.org_id)
    quotas.require_room(membership.org, Quota.TOKENS, now=now)
    living = ApiToken.objects.filter(membership=membership, revoked_at=None)
    if living.filter(name=name).exists():
        raise Conflict(f"You have a token called {name} already; revoke it or choose another name.", code="name_taken")
    if living.count() >= MOST:
        raise Conflict(f"You have {MOST} tokens; revoke some first.", code="too_many_tokens")
    text = new_token()
    token = ApiToken.objects.create(
        membership=membership,
        name=name,
        scope=scope,
        digest=token_digest(text),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    after = {"name": name, "scope": scope, "days": days}
    audit.record("token.create", _subject(token), by=by, org_id=membership.org_id, after=after)
    return token, text


@transaction.atomic
def revoke_token(token: ApiToken, *, by: Actor, now: datetime) -> None:
    """At once: the next call with it is refused. Twice is no error."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        audit.record("token.revoke", _subject(token), by=by, org_id=token.membership.org_id, before={"name": token.name})


def note_use(token: ApiToken, *, now: datetime) -> None:
    if token.last_used_at is None or token.last_used_at < now - _NOTED:
        # Of calls at once one writes: the others find that it was noted already.
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def ensure_api_token(membership: Membership, *, name: str, token: str, now: datetime) -> ApiToken:
    """The token of that name is this one afterwards, for all that its owner may: the demo's are made outside, for stack.json."""
    scope = Scope.PLATFORM if membership.person.is_platform_staff else Scope.ADMIN
    saved, _ = ApiToken.objects.update_or_create(
        membership=membership, name=name, revoked_at=None,
        defaults={"digest": token_digest(token), "expires_at": None, "scope": scope},
        create_defaults={"digest": token_digest(token), "created_at": now, "scope": scope},
    )  # fmt: skip
    return saved


def _subject(token: ApiToken) -> Subject:
    return Subject("token", str(token.pk), token.name)
