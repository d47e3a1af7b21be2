from django.apps import AppConfig


class DagsConfig(AppConfig):
    name = "apps.dags"

    def ready(self) -> None:
        from apps.dags.models import Dag, DagGrant
        from apps.orgs.sharing import Kind, register

        register(Kind("dag", "DAG", Dag, DagGrant))
