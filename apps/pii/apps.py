from django.apps import AppConfig


class PiiConfig(AppConfig):
    name = "apps.pii"
