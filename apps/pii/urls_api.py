from django.urls import path

from apps.pii.api import access, classifications, grants

urlpatterns = [
    path("orgs/<slug:slug>/pii/classifications", classifications.ClassificationsView.as_view(), name="pii-classifications"),
    path(
        "orgs/<slug:slug>/pii/classifications/<str:dataset>/<str:column>",
        classifications.ClassificationView.as_view(),
        name="pii-classification",
    ),
    path("orgs/<slug:slug>/pii/grants", grants.GrantsView.as_view(), name="pii-grants"),
    path("orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>", grants.GrantView.as_view(), name="pii-grant"),
    path("orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/approve", grants.ApproveView.as_view(), name="pii-approve"),
    path("orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/refuse", grants.RefuseView.as_view(), name="pii-refuse"),
    path("orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/withdraw", grants.WithdrawView.as_view(), name="pii-withdraw"),
    path("orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/revoke", grants.RevokeView.as_view(), name="pii-revoke"),
    path("orgs/<slug:slug>/pii/access", access.AccessView.as_view(), name="pii-access"),
]
