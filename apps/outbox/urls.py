from django.urls import path

from apps.outbox import views

app_name = "outbox"
urlpatterns = [path("platform/outbox/<uuid:message_id>/replay", views.replay, name="replay")]
