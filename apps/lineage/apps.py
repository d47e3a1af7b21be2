from django.apps import AppConfig


class LineageConfig(AppConfig):
    name = "apps.lineage"

    def ready(self) -> None:
        from apps.dags.domain import TRACE_COLUMNS
        from apps.dispatch.domain import EMIT_LINEAGE, TELL_RUNS
        from apps.lineage import effects
        from apps.outbox.domain import register

        register(EMIT_LINEAGE, effects.record)
        register(TELL_RUNS, effects.tell_runs)
        register(TRACE_COLUMNS, effects.trace_columns)
