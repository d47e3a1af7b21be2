from django.apps import AppConfig


class SyncingConfig(AppConfig):
    """Whole chains, range by range: which ranges there are, and which of them are work now. The tasks are the dispatcher's."""

    name = "apps.syncing"

    def ready(self) -> None:
        from apps.dispatch.domain import TELL_STREAMS
        from apps.dispatch.services import also_wait_for
        from apps.outbox.domain import register
        from apps.syncing import effects
        from apps.syncing.selectors import is_being_built

        register(TELL_STREAMS, effects.look)
        also_wait_for(is_being_built)
