"""OpenTelemetry: off unless TRACE_OTLP_ENDPOINT names a collector, and then its SDK is not even imported.

What Django, Celery and psycopg do is instrumented where those are known (`traceweb/tracing.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.platform.config import Config

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

# ruff: noqa: PLC0415  see above


def start(config: Config, *, service: str) -> bool:
    """Send this process's traces and metrics over OTLP/HTTP; False when no collector is configured."""
    if not config.otlp_endpoint:
        return False
    from opentelemetry.sdk.resources import Resource

    resource = Resource.create({"service.name": f"trace-{service}", "service.namespace": "trace"})
    _export_spans(resource, config.otlp_endpoint)
    _export_metrics(resource, config.otlp_endpoint)
    return True


def start_worker(config: Config, *, service: str) -> None:
    """For processes without Django: their calls to the internal plane carry the trace on."""
    if start(config, service=service):
        from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

        HTTPXClientInstrumentor().instrument()


def _export_spans(resource: Resource, endpoint: str) -> None:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)


def _export_metrics(resource: Resource, endpoint: str) -> None:
    from opentelemetry import metrics
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{endpoint}/v1/metrics"))
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))
