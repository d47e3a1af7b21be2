"""Django's admin behind our policy, our sign-in and our log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from apps.accounts.models import Person
from apps.orgs import policy
from apps.orgs.access import guarded
from apps.orgs.policy import Action, Principal


class Tables(AdminSite):
    site_header = "Trace tables"
    site_title = "Trace"
    index_title = "Tables, to look at"
    index_template = "admin/tables.html"
    # Its script writes HTML into the page, which our policy of trusted types stops.
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """The session's person: Django's pages know no tokens, and the policy would refuse one."""
        person = request.user
        return isinstance(person, Person) and bool(policy.can(Principal(person), Action.PLATFORM_ADMIN))

    def admin_view(  # type: ignore[override]  # the stubs want the very type that was given
        self, view: Callable[..., Any], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        """Every view of the site passes here, and is refused like any other page of ours."""
        return guarded(Action.PLATFORM_ADMIN)(super().admin_view(view, cacheable))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Of Django's only those to look: its own sign-in, passwords and redirects would be ways around ours."""
        return [
            path("", self.admin_view(self.index), name="index"),
            path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"),
            *(
                path(f"{model._meta.app_label}/{model._meta.model_name}/", include(table.urls))
                for model, table in self._registry.items()
            ),
        ]


site = Tables()
