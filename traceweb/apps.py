from django.apps import AppConfig


class TracewebConfig(AppConfig):
    name = "traceweb"

    def ready(self) -> None:
        # Makes ours Celery's current app in every process: without it a wake-up would look for a broker of its own.
        from traceweb import celery  # noqa: F401
