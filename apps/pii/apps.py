from django.apps import AppConfig


class PiiConfig(AppConfig):
    name = "apps.pii"

    def ready(self) -> None:
        from django.utils import timezone

        from apps.orgs.admin_frame import count_on_tab
        from apps.orgs.services import check_before_deleting
        from apps.pii.selectors import to_decide
        from apps.pii.services.deciding import check_role

        check_before_deleting(check_role)
        count_on_tab("pii", lambda who, org: to_decide(org, who=who, now=timezone.now()).count())
