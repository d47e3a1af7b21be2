from django.urls import path

from apps.pii.views import access, columns, grants

app_name = "pii"
urlpatterns = [
    path("o/<slug:slug>/admin/pii", grants.grants, name="grants"),
    path("o/<slug:slug>/admin/pii/request", grants.request_access, name="request"),
    path("o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/approve", grants.approve, name="approve"),
    path("o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/refuse", grants.refuse, name="refuse"),
    path("o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/withdraw", grants.withdraw, name="withdraw"),
    path("o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/revoke", grants.revoke, name="revoke"),
    path("o/<slug:slug>/admin/pii/columns", columns.columns, name="columns"),
    path("o/<slug:slug>/admin/pii/columns/classify", columns.classify, name="classify"),
    path("o/<slug:slug>/admin/pii/columns/<uuid:column_id>/reclassify", columns.reclassify, name="reclassify"),
    path("o/<slug:slug>/admin/pii/columns/<uuid:column_id>/declassify", columns.declassify, name="declassify"),
    path("o/<slug:slug>/admin/pii/access", access.access, name="access"),
]
