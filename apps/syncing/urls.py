from django.urls import path

from apps.syncing.views import streams

app_name = "syncing"
urlpatterns = [
    path("o/<slug:slug>/syncs/<str:dag_name>", streams.syncs, name="syncs"),
    path("o/<slug:slug>/syncs/<str:dag_name>/<str:stream>/pause", streams.pause, name="pause"),
]
