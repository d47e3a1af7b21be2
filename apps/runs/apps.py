from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Pages, API and reads of tasks. The rows are the dispatcher's, and so is every change of them."""

    name = "apps.runs"
