from django.urls import path

from apps.console import dead_letters, views
from apps.console.catalog import views as catalog
from apps.console.me import identities, invitations, sessions, tokens
from apps.console.me import views as me
from apps.console.staff import log, orgs, people, secrets

app_name = "console"
urlpatterns = [
    path("", views.start, name="start"),
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/catalog", catalog.catalog, name="catalog"),
    path("o/<slug:slug>/catalog/<str:dataset_name>", catalog.dataset, name="dataset"),
    path("o/<slug:slug>/catalog/<str:dataset_name>/visibility", catalog.visibility, name="dataset-visibility"),
    path("o/<slug:slug>/<slug:key>", views.section, name="section"),
    path("o/<slug:slug>/<slug:key>/<path:rest>", views.section),
    path("me", me.show, name="me"),
    path("me/change", me.change, name="change-me"),
    path("me/keys", me.choose_keys, name="choose-keys"),
    path("me/password", me.change_password, name="change-password"),
    path("me/sessions/end-others", sessions.end_others, name="end-other-sessions"),
    path("me/sessions/<uuid:session_id>/end", sessions.end, name="end-session"),
    path("me/identities/<uuid:identity_id>/unlink", identities.unlink, name="unlink-identity"),
    path("me/tokens/<uuid:token_id>/revoke", tokens.revoke, name="revoke-own-token"),
    path("me/invitations/<uuid:offer_id>/accept", invitations.accept, name="accept-offer"),
    path("me/invitations/<uuid:offer_id>/decline", invitations.decline, name="decline-offer"),
    path("platform/people/<uuid:person_id>/end-sessions", people.end_sessions, name="end-persons-sessions"),
    path("platform/sessions/<uuid:session_id>/end", people.end_session, name="end-persons-session"),
    path("platform/identities/<uuid:identity_id>/unlink", people.unlink, name="unlink-persons-identity"),
    path("platform/health", views.health, name="health"),
    path("platform/outbox/<uuid:message_id>/replay", dead_letters.replay, name="replay"),
    path("platform/orgs", orgs.orgs, name="orgs"),
    path("platform/create-org", orgs.create, name="create-org"),
    path("platform/orgs/<slug:org_slug>", orgs.show, name="org"),
    path("platform/orgs/<slug:org_slug>/rename", orgs.rename, name="rename-org"),
    path("platform/orgs/<slug:org_slug>/appoint", orgs.appoint, name="appoint-admin"),
    path("platform/orgs/<slug:org_slug>/domains/verify", orgs.verify_domain, name="verify-domain"),
    path("platform/orgs/<slug:org_slug>/domains/<str:domain>/forget", orgs.forget_domain, name="forget-domain"),
    path("platform/orgs/<slug:org_slug>/quotas/<str:quota>", orgs.change_quota, name="change-quota"),
    path("platform/orgs/<slug:org_slug>/secrets/write", secrets.write, name="write-secret"),
    path("platform/orgs/<slug:org_slug>/secrets/<str:name>/delete", secrets.delete, name="delete-secret"),
    path("platform/people", people.people, name="people"),
    path("platform/people/<uuid:person_id>", people.show, name="person"),
    path("platform/people/<uuid:person_id>/switch-off", people.switch_off, name="switch-off"),
    path("platform/people/<uuid:person_id>/switch-on", people.switch_on, name="switch-on"),
    path("platform/audit", log.show, name="audit"),
]
