"""Every change to orgs, memberships, invitations, domains, roles, grants and tokens, each with its audit record in its own transaction; and answers kept."""

from apps.orgs.services.answers import begin_answer, forget_answers, keep_answer, release_answer
from apps.orgs.services.domains import forget_domain, verify_domain
from apps.orgs.services.hosts import approve_host, withdraw_host
from apps.orgs.services.invitations import accept_invitation, decline_invitation, invite, revoke_invitation
from apps.orgs.services.memberships import change_member, ensure_membership, remove_member, system_role
from apps.orgs.services.organisations import appoint_admin, create_org, ensure_org, rename_org
from apps.orgs.services.quotas import change_quota
from apps.orgs.services.roles import check_before_deleting, create_role, delete_role
from apps.orgs.services.sharing import change_visibility, grant, revoke_grant
from apps.orgs.services.tokens import create_token, ensure_api_token, note_use, revoke_token

__all__ = [
    "accept_invitation",
    "appoint_admin",
    "approve_host",
    "begin_answer",
    "change_member",
    "change_quota",
    "change_visibility",
    "check_before_deleting",
    "create_org",
    "create_role",
    "create_token",
    "decline_invitation",
    "delete_role",
    "ensure_api_token",
    "ensure_membership",
    "ensure_org",
    "forget_answers",
    "forget_domain",
    "grant",
    "invite",
    "keep_answer",
    "note_use",
    "release_answer",
    "remove_member",
    "rename_org",
    "revoke_grant",
    "revoke_invitation",
    "revoke_token",
    "system_role",
    "verify_domain",
    "withdraw_host",
]
