from django.urls import path

from apps.orgs.views import grants, hosts, insight, members, organisation, roles, tokens

app_name = "orgs"
urlpatterns = [
    path("o/<slug:slug>/admin", members.members, name="members"),
    path("o/<slug:slug>/admin/members/invite", members.invite, name="invite"),
    path("o/<slug:slug>/admin/members/<uuid:person_id>/change", members.change, name="change-member"),
    path("o/<slug:slug>/admin/members/<uuid:person_id>/remove", members.remove, name="remove-member"),
    path("o/<slug:slug>/admin/invitations/<uuid:invitation_id>/withdraw", members.withdraw, name="withdraw"),
    path("o/<slug:slug>/admin/roles", roles.roles, name="roles"),
    path("o/<slug:slug>/admin/roles/create", roles.create, name="create-role"),
    path("o/<slug:slug>/admin/roles/<slug:role>/delete", roles.delete, name="delete-role"),
    path("o/<slug:slug>/admin/access", insight.access, name="access"),
    path("o/<slug:slug>/admin/grants", grants.grants, name="grants"),
    path("o/<slug:slug>/admin/grants/give", grants.give, name="give-grant"),
    path("o/<slug:slug>/admin/grants/<uuid:grant_id>/revoke", grants.revoke, name="revoke-grant"),
    path("o/<slug:slug>/admin/tokens", tokens.tokens, name="tokens"),
    path("o/<slug:slug>/admin/tokens/create", tokens.create, name="create-token"),
    path("o/<slug:slug>/admin/tokens/<uuid:token_id>/revoke", tokens.revoke, name="revoke-token"),
    path("o/<slug:slug>/admin/hosts", hosts.hosts, name="hosts"),
    path("o/<slug:slug>/admin/hosts/approve", hosts.approve, name="approve-host"),
    path("o/<slug:slug>/admin/hosts/<uuid:host_id>/withdraw", hosts.withdraw, name="withdraw-host"),
    path("o/<slug:slug>/admin/org", organisation.show, name="org"),
    path("o/<slug:slug>/admin/org/rename", organisation.rename, name="rename"),
    path("o/<slug:slug>/admin/quotas", insight.show_quotas, name="quotas"),
    path("o/<slug:slug>/admin/audit", insight.audit_log, name="audit"),
]
