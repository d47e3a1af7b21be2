from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "apps.vault"

    def ready(self) -> None:
        from apps.orgs import quotas
        from apps.vault.selectors import used_by

        quotas.count_by(quotas.Quota.SECRETS, used_by)
