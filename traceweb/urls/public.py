"""The public plane: people in browsers and programs with their tokens. No worker or task route is ever added here."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from apps.console import tables
from traceweb import errors, health
from traceweb.schema import schema_view

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("v1/schema", schema_view("traceweb.urls.public", title="Trace"), name="schema"),
    path("v1/", include("apps.orgs.urls_api")),
    path("v1/", include("apps.vault.urls_api")),
    path("v1/", include("apps.chains.urls_api")),
    path("v1/", include("apps.pii.urls_api")),
    path("v1/", include("apps.dags.urls_api")),
    path("v1/", include("apps.runs.urls_api")),
    path("v1/", include("apps.syncing.urls_api")),
    path("", include("apps.console.urls_api")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.orgs.urls")),
    path("", include("apps.vault.urls")),
    path("", include("apps.pii.urls")),
    path("", include("apps.dags.urls")),
    path("", include("apps.runs.urls")),
    path("", include("apps.syncing.urls")),
    path("platform/django/", tables.site.urls),
    # Last: its `/o/<slug>/<part>` would take what others have.
    path("", include("apps.console.urls")),
]

if settings.CONFIG.debug:
    urlpatterns.append(path("gallery/", include("apps.console.urls_gallery")))
