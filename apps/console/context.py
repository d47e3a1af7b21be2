"""What every template may ask for as `shell`. Lazy throughout: an error page asks for nothing that needs a database."""

from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from apps.accounts import themes
from apps.accounts.models import Person
from apps.console.sections import SECTIONS
from apps.console.selectors import demo_people
from apps.console.staff.frame import PLATFORM
from apps.orgs import policy
from apps.orgs.access import LAST_ORG
from apps.orgs.admin_frame import ADMIN, Tab
from apps.orgs.models import Membership, Org
from apps.orgs.policy import Action, Principal
from apps.orgs.selectors import memberships_of

THEME_CHOICES = (("", "Same as the system", "monitor"), ("light", "Light", "sun"), ("dark", "Dark", "moon"))


class Shell:
    sections = SECTIONS
    themes = THEME_CHOICES
    has_gallery = settings.DEBUG

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def theme(self) -> str:
        return themes.drawn(self._request)

    @property
    def has_letter_keys(self) -> bool:
        person = themes.known_person(self._request)
        return person is None or person.letter_keys

    @property
    def path(self) -> str:
        """Where a form that belongs to the frame comes back to."""
        return self._request.get_full_path()

    @cached_property
    def person(self) -> Person | None:
        user = self._request.user
        return user if isinstance(user, Person) else None

    @cached_property
    def memberships(self) -> list[Membership]:
        given: list[Membership] | None = getattr(self._request, "memberships", None)
        if given is not None:
            return given
        return list(memberships_of(self.person)) if self.person else []

    @cached_property
    def staff_tabs(self) -> list[Tab]:
        """The pages of platform staff that this person may open: none, for almost everybody."""
        return PLATFORM.open_to(Principal(self.person)) if self.person else []

    @cached_property
    def admin_pages(self) -> list[tuple[Tab, str]]:
        """The pages of the org's admin frame that this person may open."""
        membership = next((one for one in self.memberships if one.org == self.org), None)
        if self.person is None or membership is None:
            return []
        tabs = ADMIN.open_to(Principal(self.person, membership=membership), membership.org)
        return [(tab, reverse(tab.url, args=[membership.org.slug])) for tab in tabs]

    @cached_property
    def may_deploy(self) -> bool:
        membership = next((one for one in self.memberships if one.org == self.org), None)
        if self.person is None or membership is None:
            return False
        return bool(policy.can(Principal(self.person, membership=membership), Action.DAGS_DEPLOY, org=self.org))

    @property
    def demo_people(self) -> list[Membership]:
        return list(demo_people())

    @cached_property
    def org(self) -> Org | None:
        """The org of the page, or on a page outside orgs the one the person was in last."""
        here: Org | None = getattr(self._request, "org", None)
        if here is not None:
            return here
        last = self._request.session.get(LAST_ORG)
        orgs = [membership.org for membership in self.memberships]
        return next((org for org in orgs if org.slug == last), orgs[0] if orgs else None)


def shell(request: HttpRequest) -> dict[str, object]:
    return {"shell": Shell(request)}
