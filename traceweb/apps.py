from django.apps import AppConfig
from django.core.signals import got_request_exception


class TracewebConfig(AppConfig):
    name = "traceweb"

    def ready(self) -> None:
        # Makes ours Celery's current app in every process: without it a wake-up would look for a broker of its own.
        from traceweb import celery, errors  # noqa: F401

        # Sent for whatever no one caught, also where no view was reached.
        got_request_exception.connect(errors.log_unhandled, dispatch_uid="trace")
