from django.apps import AppConfig


class DagsConfig(AppConfig):
    name = "apps.dags"

    def ready(self) -> None:
        from apps.dags.models import Dag, DagGrant
        from apps.dags.selectors import count_of
        from apps.orgs import quotas
        from apps.orgs.sharing import Kind, register

        register(Kind("dag", "DAG", Dag, DagGrant))
        quotas.count_by(quotas.Quota.DAGS, count_of)
