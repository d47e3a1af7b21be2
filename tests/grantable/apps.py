from django.apps import AppConfig


class GrantableConfig(AppConfig):
    name = "tests.grantable"

    def ready(self) -> None:
        from apps.orgs.sharing import Kind, register
        from tests.grantable.models import Paper, PaperGrant

        register(Kind("paper", "paper", Paper, PaperGrant))
