from django.urls import path

from apps.vault import views

app_name = "vault"
urlpatterns = [
    path("o/<slug:slug>/admin/secrets", views.secrets, name="secrets"),
    path("o/<slug:slug>/admin/secrets/write", views.write, name="write"),
    path("o/<slug:slug>/admin/secrets/<str:name>/delete", views.delete, name="delete"),
]
