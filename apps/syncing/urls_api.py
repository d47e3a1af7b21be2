from django.urls import path

from apps.syncing.api import streams

urlpatterns = [
    path("dags/<str:dag_name>/syncs", streams.SyncsView.as_view(), name="syncs"),
    path("dags/<str:dag_name>/syncs/<str:stream>/pause", streams.PauseView.as_view(), name="sync-pause"),
    path("dags/<str:dag_name>/syncs/<str:stream>/resume", streams.ResumeView.as_view(), name="sync-resume"),
]
