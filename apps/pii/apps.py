from django.apps import AppConfig


class PiiConfig(AppConfig):
    name = "apps.pii"

    def ready(self) -> None:
        from apps.orgs.services import check_before_deleting
        from apps.pii.services.deciding import check_role

        check_before_deleting(check_role)
