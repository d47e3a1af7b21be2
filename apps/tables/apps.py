from django.apps import AppConfig


class TablesConfig(AppConfig):
    name = "apps.tables"

    def ready(self) -> None:
        from apps.outbox.domain import register
        from apps.tables import effects
        from apps.tables.domain import PREPARE, PUBLISH

        register(PREPARE, effects.prepare)
        register(PUBLISH, effects.publish)
