"""What OpenTelemetry sees of the Django processes, when a collector is configured."""

from __future__ import annotations

from django.conf import settings

from apps.platform import tracing

_QUIET = "healthz,readyz,static/"


def start(service: str) -> None:
    """Before Django loads its middleware, where the span of a request begins."""
    if not tracing.start(settings.CONFIG, service=service):
        return
    # ruff: noqa: PLC0415  three libraries that nobody loads who did not ask for them
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor

    DjangoInstrumentor().instrument(excluded_urls=_QUIET)
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]
    # Statements, never their values.
    PsycopgInstrumentor().instrument()
