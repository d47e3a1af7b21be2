from django.urls import path

from apps.orgs import api

urlpatterns = [path("me", api.MeView.as_view(), name="me")]
