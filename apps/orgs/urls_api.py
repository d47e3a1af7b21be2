from django.urls import path

from apps.orgs.api import access, audit, domains, grants, me, me_invitations, me_sessions, members, orgs, quotas, roles, tokens

urlpatterns = [
    path("me", me.MeView.as_view(), name="me"),
    path("me/sessions", me_sessions.SessionsView.as_view(), name="my-sessions"),
    path("me/sessions/<uuid:session_id>", me_sessions.SessionView.as_view(), name="my-session"),
    path("me/invitations", me_invitations.OffersView.as_view(), name="my-invitations"),
    path("me/invitations/<uuid:offer_id>/accept", me_invitations.AcceptView.as_view(), name="accept-invitation"),
    path("me/invitations/<uuid:offer_id>/decline", me_invitations.DeclineView.as_view(), name="decline-invitation"),
    path("orgs", orgs.OrgsView.as_view(), name="orgs"),
    path("orgs/<slug:slug>", orgs.OrgView.as_view(), name="org"),
    path("orgs/<slug:slug>/members", members.MembersView.as_view(), name="members"),
    path("orgs/<slug:slug>/members/<uuid:person_id>", members.MemberView.as_view(), name="member"),
    path("orgs/<slug:slug>/invitations", members.InvitationsView.as_view(), name="invitations"),
    path("orgs/<slug:slug>/invitations/<uuid:invitation_id>", members.InvitationView.as_view(), name="invitation"),
    path("orgs/<slug:slug>/roles", roles.RolesView.as_view(), name="roles"),
    path("orgs/<slug:slug>/roles/<slug:role>", roles.RoleView.as_view(), name="role"),
    path("orgs/<slug:slug>/domains", domains.DomainsView.as_view(), name="domains"),
    path("orgs/<slug:slug>/domains/<str:domain>", domains.DomainView.as_view(), name="domain"),
    path("orgs/<slug:slug>/access", access.AccessView.as_view(), name="access"),
    path("orgs/<slug:slug>/grants", grants.GrantsView.as_view(), name="grants"),
    path("orgs/<slug:slug>/grants/<uuid:grant_id>", grants.GrantView.as_view(), name="grant"),
    path("orgs/<slug:slug>/tokens", tokens.TokensView.as_view(), name="tokens"),
    path("orgs/<slug:slug>/tokens/<uuid:token_id>", tokens.TokenView.as_view(), name="token"),
    path("orgs/<slug:slug>/quotas", quotas.QuotasView.as_view(), name="quotas"),
    path("orgs/<slug:slug>/quotas/<str:quota>", quotas.QuotaView.as_view(), name="quota"),
    path("orgs/<slug:slug>/audit", audit.AuditView.as_view(), name="audit"),
    path("orgs/<slug:slug>/audit/export", audit.AuditExportView.as_view(), name="audit-export"),
    path("platform/orgs", orgs.EveryOrgView.as_view(), name="platform-orgs"),
    path("platform/audit", audit.PlatformAuditView.as_view(), name="platform-audit"),
    path("platform/audit/export", audit.PlatformAuditExportView.as_view(), name="platform-audit-export"),
]
