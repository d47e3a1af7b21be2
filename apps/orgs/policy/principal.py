"""Who asks, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import Person
from apps.orgs.domain import Scope
from apps.orgs.models import ApiToken, Membership, Org


@dataclass(frozen=True)
class Principal:
    """Who asks: a person, perhaps through a token. A membership that was just read need not be read again."""

    person: Person
    token: ApiToken | None = None
    membership: Membership | None = None

    @property
    def acts_for_the_platform(self) -> bool:
        """Platform staff; a token of theirs only if it was made for that, for it is bound to its org otherwise."""
        return self.person.is_platform_staff and (self.token is None or self.token.scope == Scope.PLATFORM)

    def membership_in(self, org: Org) -> Membership | None:
        if self.membership and self.membership.org_id == org.pk:
            return self.membership
        return Membership.objects.filter(person=self.person, org=org).select_related("role").first()


@dataclass(frozen=True)
class Decision:
    is_allowed: bool
    because: str
    # Whether the asker may know that the thing exists; if not, the refusal is a 404.
    may_know: bool = True

    def __bool__(self) -> bool:
        return self.is_allowed
