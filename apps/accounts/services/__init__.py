"""Every change to people, how they prove who they are, and where they are signed in."""

from apps.accounts.services.people import admit_person, ensure_person, link_identity, sign_in_identity, unlink_identity
from apps.accounts.services.profile import activate_person, change_password, change_person, deactivate_person, is_own_password
from apps.accounts.services.sessions import (
    begin_session,
    end_other_sessions,
    end_session,
    note_seen,
    revoke_session,
)
from apps.accounts.services.staff import appoint_staff, dismiss_staff

__all__ = [
    "activate_person",
    "admit_person",
    "appoint_staff",
    "begin_session",
    "change_password",
    "change_person",
    "deactivate_person",
    "dismiss_staff",
    "end_other_sessions",
    "end_session",
    "ensure_person",
    "is_own_password",
    "link_identity",
    "note_seen",
    "revoke_session",
    "sign_in_identity",
    "unlink_identity",
]
