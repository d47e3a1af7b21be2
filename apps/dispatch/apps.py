from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "apps.dispatch"

    def ready(self) -> None:
        from apps.dispatch.probing import publish_probes
        from apps.outbox.domain import register

        register("probe", publish_probes)
