from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "apps.dispatch"

    def ready(self) -> None:
        from apps.dags.domain import ACTIVATED, BUILD
        from apps.dispatch import effects
        from apps.dispatch.selectors import handed_this_hour, tasks_under_way
        from apps.dispatch.services.backfilling import BACKFILL
        from apps.dispatch.services.disputing import DISPUTE
        from apps.dispatch.services.handing import ENQUEUE
        from apps.dispatch.services.invalidating import INVALIDATED
        from apps.dispatch.services.moving import MOVED
        from apps.dispatch.services.purging import PURGE
        from apps.dispatch.services.reporting import ROUTE
        from apps.orgs import quotas
        from apps.outbox.domain import register
        from apps.tables.domain import WRITTEN

        register("probe", effects.publish_probes)
        register(ACTIVATED, effects.arm)
        register(BUILD, effects.advance)
        register(ROUTE, effects.route)
        register(INVALIDATED, effects.redo)
        register(ENQUEUE, effects.enqueue)
        register(BACKFILL, effects.backfill)
        register(DISPUTE, effects.dispute)
        register(PURGE, effects.purge)
        register(MOVED, effects.move)
        register(WRITTEN, effects.tell_written)
        quotas.count_by(quotas.Quota.TASKS, tasks_under_way)
        quotas.count_by(quotas.Quota.TASKS_PER_HOUR, handed_this_hour)
