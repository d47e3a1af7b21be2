from django.urls import path

from apps.outbox import api

urlpatterns = [
    path("platform/outbox", api.FailedMessagesView.as_view(), name="outbox-failed"),
    path("platform/outbox/<uuid:message_id>/replay", api.ReplayView.as_view(), name="outbox-replay"),
]
