from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "apps.datasets"

    def ready(self) -> None:
        from apps.datasets.domain import PLATFORM_ORG
        from apps.datasets.models import Dataset, DatasetGrant
        from apps.orgs.sharing import Kind, register

        register(Kind("dataset", "dataset", Dataset, DatasetGrant, global_in=PLATFORM_ORG))
