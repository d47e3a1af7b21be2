from django.urls import path

from apps.dags.api import activations, dags, versions, visibility

urlpatterns = [
    path("dags", dags.DagsView.as_view(), name="dags"),
    path("dags/validate", dags.ValidateView.as_view(), name="dag-validate"),
    path("dags/schema", dags.SchemaView.as_view(), name="dag-schema"),
    path("dags/<str:dag_name>", visibility.ShownDagView.as_view(), name="dag"),
    path("dags/<str:dag_name>/active", dags.ActiveView.as_view(), name="dag-active"),
    path("dags/<str:dag_name>/activations", activations.ActivationsView.as_view(), name="dag-activations"),
    path("dags/<str:dag_name>/versions", versions.VersionsView.as_view(), name="dag-versions"),
    path("dags/<str:dag_name>/versions/<uuid:version_id>", versions.VersionView.as_view(), name="dag-version"),
    path("dags/<str:dag_name>/versions/<uuid:version_id>/diff", versions.DiffView.as_view(), name="dag-diff"),
]
