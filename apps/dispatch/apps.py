from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "apps.dispatch"

    def ready(self) -> None:
        from apps.dags.domain import ACTIVATED
        from apps.dispatch import effects
        from apps.dispatch.selectors import handed_this_hour, tasks_under_way
        from apps.dispatch.services.handing import ENQUEUE
        from apps.dispatch.services.reporting import ROUTE
        from apps.orgs import quotas
        from apps.outbox.domain import register

        register("probe", effects.publish_probes)
        register(ACTIVATED, effects.arm)
        register(ROUTE, effects.route)
        register(ENQUEUE, effects.enqueue)
        quotas.count_by(quotas.Quota.TASKS, tasks_under_way)
        quotas.count_by(quotas.Quota.TASKS_PER_HOUR, handed_this_hour)
