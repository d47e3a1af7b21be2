"""What the Admin pages share: their tabs, and how a change ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.orgs import policy
from apps.orgs.access import OrgRequest
from apps.orgs.policy import Action, Principal
from apps.platform.errors import UserError


@dataclass(frozen=True)
class Tab:
    key: str
    name: str
    url: str
    action: Action


TABS = (
    Tab("members", "Members", "orgs:members", Action.MEMBERS_VIEW),
    Tab("roles", "Roles", "orgs:roles", Action.MEMBERS_VIEW),
    Tab("grants", "Grants", "orgs:grants", Action.GRANTS_VIEW),
    Tab("access", "Effective access", "orgs:access", Action.MEMBERS_VIEW),
    Tab("tokens", "Tokens", "orgs:tokens", Action.TOKENS_VIEW),
    Tab("secrets", "Secrets", "vault:secrets", Action.SECRETS_VIEW),
    Tab("pii", "Personal data", "pii:grants", Action.PII_VIEW),
    Tab("quotas", "Quotas", "orgs:quotas", Action.QUOTAS_VIEW),
    Tab("audit", "Audit log", "orgs:audit", Action.AUDIT_VIEW),
)


def may(request: OrgRequest, action: Action) -> bool:
    return bool(policy.can(Principal(request.person, membership=request.membership), action, org=request.org))


def admin_page(request: OrgRequest, template: str, key: str, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    """Only the tabs that the person may open, so that none of them leads to a refusal."""
    tab = next(tab for tab in TABS if tab.key == key)
    frame = {
        "tabs": [tab for tab in TABS if may(request, tab.action)], "tab": tab, "active": "admin",
        "crumbs": [{"name": "Admin"}, {"name": tab.name}],
        # Where the pages of a list are: a form that was refused is answered from an address that takes no GET.
        "at": reverse(tab.url, args=[request.org.slug]),
    }  # fmt: skip
    return render(request, template, {**frame, **context}, status=status)


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
