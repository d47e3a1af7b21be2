from django.urls import path

from apps.vault import api

urlpatterns = [
    path("orgs/<slug:slug>/secrets", api.SecretsView.as_view(), name="secrets"),
    path("orgs/<slug:slug>/secrets/user/<str:name>", api.SecretView.as_view(), name="user-secret"),
    path("orgs/<slug:slug>/secrets/platform", api.PlatformSecretsView.as_view(), name="platform-secrets"),
    path("orgs/<slug:slug>/secrets/platform/<str:name>", api.PlatformSecretView.as_view(), name="platform-secret"),
]
