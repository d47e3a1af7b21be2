from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "apps.orgs"

    def ready(self) -> None:
        from apps.accounts.admission import register
        from apps.orgs import schema  # noqa: F401  registers how tokens are described
        from apps.orgs.services.admission import admit

        register(admit)
