from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "apps.orgs"

    def ready(self) -> None:
        from apps.orgs import schema  # noqa: F401  registers how tokens are described
