"""Platform health, the catalog, and every family of public addresses that this version does not have yet: 501 is a promise, 404 would be a lie."""

from django.urls import path, re_path

from apps.console import api, dead_letters
from apps.console.catalog import access_api as access
from apps.console.catalog import api as catalog
from apps.console.catalog import backfill_api as backfills
from apps.console.catalog import files_api as files
from apps.console.catalog import invalidation_api as invalidations
from apps.console.catalog import letters_api as letters
from apps.console.catalog import lineage_api as lineage
from apps.console.catalog import purge_api as purges
from apps.console.catalog import restore_api as restores
from apps.console.catalog import versions_api as versions
from apps.console.preview import api as preview

_NOT_BUILT = "query|queries|udf|alerts|saved-queries|notebooks"

urlpatterns = [
    path("v1/platform/health", api.HealthView.as_view(), name="platform-health"),
    path("v1/platform/outbox", dead_letters.FailedMessagesView.as_view(), name="outbox-failed"),
    path("v1/platform/outbox/<uuid:message_id>/replay", dead_letters.ReplayView.as_view(), name="outbox-replay"),
    path("v1/datasets", catalog.DatasetsView.as_view(), name="datasets"),
    path("v1/datasets/<str:dataset_name>", catalog.DatasetView.as_view(), name="dataset"),
    path("v1/datasets/<str:dataset_name>/access-requests", access.AccessRequestsView.as_view(), name="access-requests"),
    path(
        "v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/withdraw",
        access.WithdrawView.as_view(),
        name="withdraw-access-request",
    ),
    path(
        "v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/grant",
        access.GrantView.as_view(),
        name="grant-access-request",
    ),
    path(
        "v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/refuse",
        access.RefuseView.as_view(),
        name="refuse-access-request",
    ),
    path("v1/datasets/<str:dataset_name>/preview", preview.PreviewView.as_view(), name="preview"),
    path("v1/datasets/<str:dataset_name>/invalidations", invalidations.InvalidationsView.as_view(), name="invalidations"),
    path("v1/datasets/<str:dataset_name>/lineage", lineage.LineageView.as_view(), name="lineage"),
    path("v1/datasets/<str:dataset_name>/provenance", lineage.ProvenanceView.as_view(), name="provenance"),
    path("v1/datasets/<str:dataset_name>/stale", lineage.HoldingView.as_view(), name="stale"),
    path("v1/datasets/<str:dataset_name>/backfill", backfills.BackfillView.as_view(), name="backfill"),
    path("v1/datasets/<str:dataset_name>/versions", versions.VersionsView.as_view(), name="dataset-versions"),
    path(
        "v1/datasets/<str:dataset_name>/versions/<uuid:version_id>/compare/<uuid:other_id>",
        versions.CompareView.as_view(),
        name="dataset-compare",
    ),
    path("v1/datasets/<str:dataset_name>/partitions", versions.PartitionsView.as_view(), name="dataset-partitions"),
    path(
        "v1/datasets/<str:dataset_name>/partitions/<uuid:piece_id>/restore",
        restores.RestoreView.as_view(),
        name="dataset-restore",
    ),
    path("v1/datasets/<str:dataset_name>/files", files.FilesView.as_view(), name="dataset-files"),
    path("v1/datasets/<str:dataset_name>/purges", purges.PurgesView.as_view(), name="purges"),
    path("v1/datasets/<str:dataset_name>/purges/<uuid:purge_id>/retry", purges.RetryPurgeView.as_view(), name="purge-retry"),
    path("v1/datasets/<str:dataset_name>/dead-letters", letters.DeadLettersView.as_view(), name="dead-letters"),
    path("v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>", letters.DeadLetterView.as_view(), name="dead-letter"),
    path(
        "v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>/link",
        letters.DeadLetterLinkView.as_view(),
        name="dead-letter-link",
    ),
    path(
        "v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>/replay",
        letters.ReplayView.as_view(),
        name="dead-letter-replay",
    ),
    path(
        "v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>/repair",
        letters.RepairView.as_view(),
        name="dead-letter-repair",
    ),
    re_path(rf"^v1/(?P<part>{_NOT_BUILT})(?:/.*)?$", api.NotBuiltView.as_view()),
]
