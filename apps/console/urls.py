from django.urls import path

from apps.console import dead_letters, people, views
from apps.console.me import invitations, sessions
from apps.console.me import views as me

app_name = "console"
urlpatterns = [
    path("", views.start, name="start"),
    path("o/<slug:slug>/", views.home, name="home"),
    path("o/<slug:slug>/<slug:key>", views.section, name="section"),
    path("o/<slug:slug>/<slug:key>/<path:rest>", views.section),
    path("me", me.show, name="me"),
    path("me/change", me.change, name="change-me"),
    path("me/keys", me.choose_keys, name="choose-keys"),
    path("me/password", me.change_password, name="change-password"),
    path("me/sessions/end-others", sessions.end_others, name="end-other-sessions"),
    path("me/sessions/<uuid:session_id>/end", sessions.end, name="end-session"),
    path("me/invitations/<uuid:offer_id>/accept", invitations.accept, name="accept-offer"),
    path("me/invitations/<uuid:offer_id>/decline", invitations.decline, name="decline-offer"),
    path("platform/people", people.find, name="people"),
    path("platform/people/<uuid:person_id>/end-sessions", people.end_sessions, name="end-persons-sessions"),
    path("platform/sessions/<uuid:session_id>/end", people.end_session, name="end-persons-session"),
    path("platform/health", views.health, name="health"),
    path("platform/outbox/<uuid:message_id>/replay", dead_letters.replay, name="replay"),
]
