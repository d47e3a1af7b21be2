from django.urls import path

from apps.dispatch import api

urlpatterns = [
    path("jwks/task", api.JwksView.as_view(), name="jwks"),
    path("probe-receipts", api.ProbeReceiptView.as_view(), name="probe-receipts"),
]
