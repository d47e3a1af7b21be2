"""Platform health, the catalog, and every family of public addresses that this version does not have yet: 501 is a promise, 404 would be a lie."""

from django.urls import path, re_path

from apps.console import api, dead_letters
from apps.console.catalog import api as catalog

_NOT_BUILT_OF_DATASETS = "versions|partitions|lineage|preview"
_NOT_BUILT = "query|queries|udf|alerts|saved-queries|notebooks"

urlpatterns = [
    path("v1/platform/health", api.HealthView.as_view(), name="platform-health"),
    path("v1/platform/outbox", dead_letters.FailedMessagesView.as_view(), name="outbox-failed"),
    path("v1/platform/outbox/<uuid:message_id>/replay", dead_letters.ReplayView.as_view(), name="outbox-replay"),
    path("v1/datasets", catalog.DatasetsView.as_view(), name="datasets"),
    path("v1/datasets/<str:dataset_name>", catalog.DatasetView.as_view(), name="dataset"),
    re_path(rf"^v1/datasets/[^/]+/(?P<part>{_NOT_BUILT_OF_DATASETS})(?:/.*)?$", api.NotBuiltView.as_view()),
    re_path(rf"^v1/(?P<part>{_NOT_BUILT})(?:/.*)?$", api.NotBuiltView.as_view()),
]
