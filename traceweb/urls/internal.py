"""The internal plane: workers and user code. Served by another process, on another port, and never routed publicly."""

from django.urls import URLPattern, URLResolver, include, path

from traceweb import errors, health
from traceweb.schema import schema_view

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("internal/schema", schema_view("traceweb.urls.internal", title="Trace internal plane"), name="schema"),
    path("", include("apps.dispatch.urls_internal")),
]
