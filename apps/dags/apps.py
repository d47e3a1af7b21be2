from django.apps import AppConfig


class DagsConfig(AppConfig):
    name = "apps.dags"

    def ready(self) -> None:
        from apps.chains import selectors as chains
        from apps.dags.models import Dag, DagGrant
        from apps.dags.selectors import count_of, users_of_pools, users_of_secrets
        from apps.orgs import quotas
        from apps.orgs.sharing import Kind, register
        from apps.vault.selectors import ask_for_users

        chains.ask_for_users(users_of_pools)
        register(Kind("dag", "DAG", Dag, DagGrant))
        ask_for_users(users_of_secrets)
        quotas.count_by(quotas.Quota.DAGS, count_of)
