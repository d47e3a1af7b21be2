from django.urls import path

from apps.console import dead_letters, views
from apps.console.catalog import access_pages as access
from apps.console.catalog import backfill_pages as backfills
from apps.console.catalog import invalidation_pages as invalidations
from apps.console.catalog import letters_views as letters
from apps.console.catalog import purge_pages as purges
from apps.console.catalog import restore_pages as restores
from apps.console.catalog import version_pages as versions
from apps.console.catalog import views as catalog
from apps.console.me import identities, invitations, sessions, tokens
from apps.console.me import views as me
from apps.console.staff import log, orgs, people, rpc, secrets

app_name = "console"
urlpatterns = [
    path("", views.start, name="start"),
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/catalog", catalog.catalog, name="catalog"),
    path("o/<slug:slug>/catalog/<str:dataset_name>", catalog.dataset, name="dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/visibility", catalog.visibility, name="dataset-visibility"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/access/ask", access.ask, name="ask-for-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/access/<uuid:request_id>/withdraw", access.withdraw, name="withdraw-access"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/access/<uuid:request_id>/grant", access.grant, name="grant-access"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/access/<uuid:request_id>/refuse", access.refuse, name="refuse-access"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/invalidating", invalidations.invalidating, name="invalidating-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/invalidate", invalidations.invalidate, name="invalidate-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/backfilling", backfills.backfilling, name="backfilling-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/backfill", backfills.backfill, name="backfill-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/compare", versions.comparing, name="compare-versions"),
    path(
        "o/<slug:slug>/catalog/<str:dataset_name>/partitions/<uuid:piece_id>/restoring",
        restores.restoring,
        name="restoring-partition",
    ),
    path(
        "o/<slug:slug>/catalog/<str:dataset_name>/partitions/<uuid:piece_id>/restore", restores.restore, name="restore-partition"
    ),
    path("o/<slug:slug>/catalog/<str:dataset_name>/purging", purges.purging, name="purging-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/purge", purges.purge, name="purge-dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/purges/<uuid:purge_id>/retry", purges.retry, name="retry-purge"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/table/look-again", letters.look_again, name="look-again"),
    path(
        "o/<slug:slug>/catalog/<str:dataset_name>/dead-letters/<uuid:batch_id>/download", letters.download, name="download-batch"
    ),
    path("o/<slug:slug>/catalog/<str:dataset_name>/dead-letters/<uuid:batch_id>/replay", letters.replay, name="replay-batch"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/dead-letters/<uuid:batch_id>/repair", letters.repair, name="repair-batch"),
    path("o/<slug:slug>/<slug:key>", views.section, name="section"),
    path("o/<slug:slug>/<slug:key>/<path:rest>", views.section),
    path("me", me.show, name="me"),
    path("me/change", me.change, name="change-me"),
    path("me/keys", me.choose_keys, name="choose-keys"),
    path("me/password", me.change_password, name="change-password"),
    path("me/sessions/end-others", sessions.end_others, name="end-other-sessions"),
    path("me/sessions/<uuid:session_id>/end", sessions.end, name="end-session"),
    path("me/identities/<uuid:identity_id>/unlink", identities.unlink, name="unlink-identity"),
    path("me/tokens/<uuid:token_id>/revoke", tokens.revoke, name="revoke-own-token"),
    path("me/invitations/<uuid:offer_id>/accept", invitations.accept, name="accept-offer"),
    path("me/invitations/<uuid:offer_id>/decline", invitations.decline, name="decline-offer"),
    path("platform/people/<uuid:person_id>/end-sessions", people.end_sessions, name="end-persons-sessions"),
    path("platform/sessions/<uuid:session_id>/end", people.end_session, name="end-persons-session"),
    path("platform/identities/<uuid:identity_id>/unlink", people.unlink, name="unlink-persons-identity"),
    path("platform/health", views.health, name="health"),
    path("platform/outbox/<uuid:message_id>/replay", dead_letters.replay, name="replay"),
    path("platform/orgs", orgs.orgs, name="orgs"),
    path("platform/create-org", orgs.create, name="create-org"),
    path("platform/orgs/<slug:org_slug>", orgs.show, name="org"),
    path("platform/orgs/<slug:org_slug>/rename", orgs.rename, name="rename-org"),
    path("platform/orgs/<slug:org_slug>/appoint", orgs.appoint, name="appoint-admin"),
    path("platform/orgs/<slug:org_slug>/domains/verify", orgs.verify_domain, name="verify-domain"),
    path("platform/orgs/<slug:org_slug>/domains/<str:domain>/forget", orgs.forget_domain, name="forget-domain"),
    path("platform/orgs/<slug:org_slug>/quotas/<str:quota>", orgs.change_quota, name="change-quota"),
    path("platform/orgs/<slug:org_slug>/secrets/write", secrets.write, name="write-secret"),
    path("platform/orgs/<slug:org_slug>/secrets/<str:name>/delete", secrets.delete, name="delete-secret"),
    path("platform/people", people.people, name="people"),
    path("platform/people/<uuid:person_id>", people.show, name="person"),
    path("platform/people/<uuid:person_id>/switch-off", people.switch_off, name="switch-off"),
    path("platform/people/<uuid:person_id>/switch-on", people.switch_on, name="switch-on"),
    path("platform/rpc", rpc.pools, name="rpc"),
    path("platform/rpc/create", rpc.create, name="create-rpc-pool"),
    path("platform/rpc/write-key", rpc.write_key, name="write-rpc-key"),
    path("platform/rpc/pools/<str:pool_name>", rpc.pool, name="rpc-pool"),
    path("platform/rpc/pools/<str:pool_name>/change", rpc.change_pool, name="change-rpc-pool"),
    path("platform/rpc/pools/<str:pool_name>/switch", rpc.switch_pool, name="switch-rpc-pool"),
    path("platform/rpc/pools/<str:pool_name>/delete", rpc.delete_pool, name="delete-rpc-pool"),
    path("platform/rpc/pools/<str:pool_name>/add-provider", rpc.add_provider, name="add-rpc-provider"),
    path("platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>", rpc.provider, name="rpc-provider"),
    path(
        "platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/change", rpc.change_provider, name="change-rpc-provider"
    ),
    path(
        "platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/switch", rpc.switch_provider, name="switch-rpc-provider"
    ),
    path(
        "platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/delete", rpc.delete_provider, name="delete-rpc-provider"
    ),
    path("platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/try", rpc.try_it, name="try-rpc-provider"),
    path("platform/audit", log.show, name="audit"),
]
