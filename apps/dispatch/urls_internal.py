from django.urls import path

from apps.dispatch import api

urlpatterns = [path("probe-receipts", api.ProbeReceiptView.as_view(), name="probe-receipts")]
