"""What pages with tabs share, an org's and those of platform staff: the tabs, how a change ends, how a field looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.orgs import policy
from apps.orgs.access import OrgRequest
from apps.orgs.domain import SystemRole
from apps.orgs.models import Org
from apps.orgs.policy import Action, Principal
from apps.platform.errors import UserError

# Of a form: the page says so before everything else (base.html, layouts/_messages.html).
REFUSED = 422
INPUT = {"class": "input"}
UNFILLED = {**INPUT, "autocomplete": "off"}
ROLES = [(role.value, role.value) for role in reversed(SystemRole)]


@dataclass(frozen=True)
class Tab:
    """`icon` is for where the page is offered beside others that are no tabs."""

    key: str
    name: str
    url: str
    action: Action
    icon: str = ""


@dataclass(frozen=True)
class Frame:
    """Pages side by side under one heading. `key` is what the rail calls them."""

    key: str
    name: str
    tabs: tuple[Tab, ...]

    def open_to(self, who: Principal, org: Org | None = None) -> list[Tab]:
        """Only what the person may open, so that no tab leads to a refusal."""
        return [tab for tab in self.tabs if policy.can(who, tab.action, org=org)]

    def around(self, key: str, who: Principal, *, org: Org | None = None, crumb: str = "") -> dict[str, object]:
        """What orgs/frame.html draws around the page of the tab. `crumb` names the one thing that the page is about."""
        args = [org.slug] if org else []
        tab = next(tab for tab in self.tabs if tab.key == key)
        names = [self.name, tab.name, *([crumb] if crumb else [])]
        return {
            "frame": self, "tab": tab,
            "tabs": [(one, reverse(one.url, args=args), _waiting(one, who, org)) for one in self.open_to(who, org)],
            "of": org.name if org else "", "active": self.key, "crumbs": [{"name": name} for name in names],
            # Where the pages of a list are: a form that was refused is answered from an address that takes no GET.
            "at": reverse(tab.url, args=args),
        }  # fmt: skip


Count = Callable[[Principal, Org], int]
_counts: dict[str, Count] = {}


def count_on_tab(key: str, count: Count) -> None:
    """Once, in `AppConfig.ready` of the app whose page it is: how many things there wait for who looks."""
    _counts[key] = count


def _waiting(tab: Tab, who: Principal, org: Org | None) -> int:
    return _counts[tab.key](who, org) if org and tab.key in _counts else 0


ADMIN = Frame("admin", "Admin", (
    Tab("members", "Members", "orgs:members", Action.MEMBERS_VIEW, "users"),
    Tab("roles", "Roles", "orgs:roles", Action.MEMBERS_VIEW, "tags"),
    Tab("grants", "Grants", "orgs:grants", Action.GRANTS_VIEW, "grid-3x3"),
    Tab("access", "Effective access", "orgs:access", Action.MEMBERS_VIEW, "shield-check"),
    Tab("tokens", "API tokens", "orgs:tokens", Action.TOKENS_VIEW, "key-round"),
    Tab("secrets", "Secrets", "vault:secrets", Action.SECRETS_VIEW, "lock"),
    Tab("hosts", "Hosts", "orgs:hosts", Action.HOSTS_VIEW, "network"),
    Tab("pii", "Personal data", "pii:grants", Action.PII_VIEW, "table-2"),
    Tab("quotas", "Quotas", "orgs:quotas", Action.QUOTAS_VIEW, "gauge"),
    Tab("audit", "Audit log", "orgs:audit", Action.AUDIT_VIEW, "scroll-text"),
    Tab("org", "Org", "orgs:org", Action.ORG_CHANGE, "building-2"),
))  # fmt: skip


def who(request: OrgRequest) -> Principal:
    return Principal(request.person, membership=request.membership)


def may(request: OrgRequest, action: Action) -> bool:
    return bool(policy.can(who(request), action, org=request.org))


def admin_page(request: OrgRequest, template: str, key: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    around = ADMIN.around(key, who(request), org=request.org)
    return render(request, template, {**around, **context, "refused": status == REFUSED}, status=status)


def changed(request: OrgRequest, url: str, note: str, change: Callable[[], object]) -> HttpResponse:
    return changed_at(request, note, change, url, request.org.slug)


def changed_at(request: HttpRequest, note: str, change: Callable[[], object], url: str, *args: object) -> HttpResponse:
    """Back to the page, with a note of what was done or of why it was not."""
    try:
        change()
    except UserError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, note)
    return redirect(url, *args)
