from django.urls import path

from apps.console import dead_letters, views

app_name = "console"
urlpatterns = [
    path("", views.start, name="start"),
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/<slug:key>", views.section, name="section"),
    path("o/<slug:slug>/<slug:key>/<path:rest>", views.section),
    path("platform/health", views.health, name="health"),
    path("platform/outbox/<uuid:message_id>/replay", dead_letters.replay, name="replay"),
]
