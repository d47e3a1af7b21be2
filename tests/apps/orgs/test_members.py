"""Members, invitations and roles: who joins, what they may, how they leave, and that the log tells it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import policy, quotas, services
from apps.orgs.models import ApiToken, Invitation, Membership, Org, OrgQuota
from apps.orgs.policy import Action, Principal
from apps.orgs.quotas import Quota
from apps.platform.errors import Conflict, Forbidden, Invalid, UserError
from tests.factories import NOON, Persona, acting, make_org, make_person, make_persona, sign_in

pytestmark = pytest.mark.django_db


def membership(persona: Persona) -> Membership:
    return Membership.objects.get(org=persona.org, person=persona.person)


def told() -> list[str]:
    return list(Record.objects.order_by("pk").values_list("action", flat=True))


def test_the_last_admin_can_neither_leave_nor_step_down(admin: Persona, writer: Persona) -> None:
    with pytest.raises(Conflict, match="only admin"):
        services.remove_member(membership(admin), by=acting(admin), now=NOON)
    with pytest.raises(Conflict, match="only admin"):
        services.change_member(membership(admin), role="reader", own_roles=[], by=acting(admin))

    services.change_member(membership(writer), role="admin", own_roles=[], by=acting(admin))
    services.remove_member(membership(admin), by=acting(admin), now=NOON)
    assert not Membership.objects.filter(person=admin.person).exists()


def test_an_admin_whose_account_is_off_does_not_count(admin: Persona, org: Org) -> None:
    other = make_persona("admin", org=org)
    other.person.is_active = False
    other.person.save()

    with pytest.raises(Conflict, match="only admin"):
        services.remove_member(membership(admin), by=acting(admin), now=NOON)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_remove_each_other_at_once_leave_one(admin: Persona, org: Org) -> None:
    other = make_persona("admin", org=org)

    def remove(persona: Persona) -> str:
        try:
            services.remove_member(membership(persona), by=acting(persona), now=NOON)
        except UserError as error:
            return error.code
        finally:
            connection.close()
        return "removed"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(remove, (admin, other))) == ["last_admin", "removed"]


def test_who_was_removed_loses_everything_at_once(client: Client, admin: Persona, reader: Persona) -> None:
    sign_in(client, reader.person)
    program = Client(headers={"Authorization": reader.bearer})
    services.remove_member(membership(reader), by=acting(admin), now=NOON)

    assert client.get(f"/o/{reader.org.slug}/").status_code == 404
    assert program.get("/v1/me").status_code == 401
    assert not ApiToken.objects.filter(membership__person=reader.person).exists()


def test_a_change_is_told_with_before_and_after(admin: Persona, reader: Persona, org: Org) -> None:
    services.create_role(org, slug="finance", name="Finance", by=acting(admin))
    services.change_member(membership(reader), role="writer", own_roles=["finance"], by=acting(admin))

    record = Record.objects.get(action="member.change")
    assert (record.before, record.after) == (
        {"role": "reader", "own_roles": []}, {"role": "writer", "own_roles": ["finance"]},
    )  # fmt: skip
    assert (record.actor_id, record.org_id, record.object_name) == (admin.person.pk, org.pk, reader.person.email)


@pytest.mark.parametrize(("role", "own"), [("owner", []), ("finance", []), ("reader", ["nope"]), ("reader", ["admin"])])
def test_a_role_that_the_org_does_not_have_is_refused(admin: Persona, reader: Persona, role: str, own: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        services.change_member(membership(reader), role=role, own_roles=own, by=acting(admin))

    assert refused.value.code == "unknown_role"


def test_an_own_role_carries_no_right(org: Org) -> None:
    analyst = make_persona("reader", org=org, own_roles=("finance",))

    decision = policy.can(Principal(analyst.person), Action.SECRETS_VIEW, org=org)
    assert not decision and "needs the role writer or admin" in decision.because


@pytest.mark.parametrize("slug", ["admin", "reader", "Finance", "a", "1st", "x" * 41, "new"])
def test_a_role_has_a_slug_of_its_own(org: Org, admin: Persona, slug: str) -> None:
    with pytest.raises(Invalid):
        services.create_role(org, slug=slug, name="", by=acting(admin))


def test_a_role_is_made_once_and_deleted_with_what_it_gave(org: Org, admin: Persona, reader: Persona) -> None:
    role = services.create_role(org, slug="finance", name="", by=acting(admin))
    services.change_member(membership(reader), role="reader", own_roles=["finance"], by=acting(admin))
    with pytest.raises(Conflict, match="already"):
        services.create_role(org, slug="finance", name="", by=acting(admin))
    with pytest.raises(Forbidden, match="come with every org"):
        services.delete_role(org.roles.get(slug="admin"), by=acting(admin))

    services.delete_role(role, by=acting(admin))

    assert membership(reader).own_role_slugs == []
    assert Record.objects.get(action="role.delete").before == {
        "slug": "finance", "holders": [reader.person.email], "grants": [], "visible": [],
    }  # fmt: skip


def test_an_invitation_is_for_the_owner_of_its_address(org: Org, admin: Persona) -> None:
    invited, somebody_else = make_person(), make_person()
    invitation = services.invite(org, email=invited.email.upper(), role="writer", by=acting(admin), now=NOON)

    with pytest.raises(Forbidden):
        services.accept_invitation(invitation, person=somebody_else, by=acting(admin), now=NOON)
    joined = services.accept_invitation(invitation, person=invited, by=acting(admin), now=NOON)

    assert joined.role.slug == "writer"
    assert told() == ["invitation.create", "invitation.accept", "member.add"]


def test_an_invitation_is_good_once_and_for_a_time(org: Org, admin: Persona) -> None:
    person = make_person()
    invitation = services.invite(org, email=person.email, role="reader", by=acting(admin), now=NOON)

    with pytest.raises(Conflict, match="expired") as expired:
        services.accept_invitation(invitation, person=person, by=acting(admin), now=NOON + timedelta(days=15))
    assert expired.value.code == "invitation_expired"
    services.accept_invitation(invitation, person=person, by=acting(admin), now=NOON)
    with pytest.raises(Conflict, match="accepted or withdrawn"):
        services.accept_invitation(invitation, person=person, by=acting(admin), now=NOON)


def test_inviting_again_replaces_and_a_member_is_not_invited(org: Org, admin: Persona, reader: Persona) -> None:
    first = services.invite(org, email="new@trace.example", role="reader", by=acting(admin), now=NOON)
    services.invite(org, email="NEW@trace.example", role="admin", by=acting(admin), now=NOON)

    assert Invitation.objects.get(pk=first.pk).revoked_at is not None
    assert [(one.before or {}).get("role") for one in Record.objects.order_by("pk")] == [None, "reader"]
    assert Invitation.objects.open(now=NOON).get().role.slug == "admin"
    with pytest.raises(Conflict, match="member of"):
        services.invite(org, email=reader.person.email, role="reader", by=acting(admin), now=NOON)


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "a b@c.example", "a@c.example\u200b", "a@\u202ec.example"])
def test_a_confusing_address_is_refused(org: Org, admin: Persona, email: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.invite(org, email=email, role="reader", by=acting(admin), now=NOON)

    assert refused.value.code == "bad_email"


@pytest.mark.parametrize(("quota", "exceed"), [
    ("members", lambda org, by: services.accept_invitation(
        Invitation.objects.create(org=org, email=(p := make_person()).email, role=org.roles.get(slug="reader"), expires_at=NOON + timedelta(days=1)),
        person=p, by=by, now=NOON)),
    ("invitations", lambda org, by: services.invite(org, email="one@trace.example", role="reader", by=by, now=NOON)),
    ("roles", lambda org, by: services.create_role(org, slug="finance", name="", by=by)),
    ("tokens", lambda org, by: services.create_token(org.memberships.first(), name="x", scope="read", days=1, by=by, now=NOON)),
])  # fmt: skip
def test_the_call_over_a_quota_is_refused(org: Org, admin: Persona, quota: str, exceed) -> None:  # type: ignore[no-untyped-def]
    services.change_quota(org, quota=quota, limit=0, by=Actor.system("tests"))

    with pytest.raises(Conflict, match="quota of 0") as refused:
        exceed(org, acting(admin))
    assert refused.value.code == "quota_exceeded"

    OrgQuota.objects.all().delete()
    exceed(org, acting(admin))


def test_what_has_expired_takes_no_place_of_a_quota(org: Org, admin: Persona) -> None:
    by, later = acting(admin), NOON + timedelta(days=20)
    ApiToken.objects.all().delete()
    for quota in ("invitations", "tokens"):
        services.change_quota(org, quota=quota, limit=1, by=by)
    for now in (NOON, later):
        services.invite(org, email=f"one-{now:%d}@trace.example", role="reader", by=by, now=now)
        services.create_token(membership(admin), name=f"{now:%d}", scope="read", days=1, by=by, now=now)

    used = {standing.quota: standing.used for standing in quotas.standings(org, now=later)}
    assert (used[Quota.INVITATIONS], used[Quota.TOKENS]) == (1, 1)


def test_an_org_is_made_by_staff_with_a_slug_of_its_own(staff: Persona, org: Org) -> None:
    by = acting(staff)
    made = services.create_org(slug="new-org", name="  New \n org ", admin_email=staff.person.email, by=by, now=NOON)

    assert (made.name, made.memberships.get().role.slug) == ("New org", "admin")
    with pytest.raises(Conflict, match="choose another slug"):
        services.create_org(slug=org.slug, name="Again", admin_email=staff.person.email, by=by, now=NOON)
    for slug in ("Platform", "static", "-x", "x--", ""):
        with pytest.raises(Invalid):
            services.create_org(slug=slug, name="X", admin_email=staff.person.email, by=by, now=NOON)


def test_two_orgs_may_have_the_same_name_but_their_people_never_meet(admin: Persona, stranger: Persona) -> None:
    twin = make_org(stranger.org.name)

    assert not policy.can(Principal(stranger.person), Action.ORG_VIEW, org=twin)
    assert not policy.can(Principal(admin.person), Action.MEMBERS_VIEW, org=stranger.org).may_know


def test_what_a_change_does_not_name_stays(admin: Persona, org: Org) -> None:
    analyst = make_persona("reader", org=org, own_roles=("finance",))
    client = Client(headers={"Authorization": admin.bearer, "Content-Type": "application/json"})
    path = f"/v1/orgs/{org.slug}/members/{analyst.person.pk}"

    changed = client.put(path, {"role": "writer"}, content_type="application/json").json()
    assert (changed["role"], changed["own_roles"]) == ("writer", ["finance"])
    changed = client.put(path, {"own_roles": []}, content_type="application/json").json()
    assert (changed["role"], changed["own_roles"]) == ("writer", [])


def test_a_change_that_changes_nothing_is_not_told(admin: Persona, reader: Persona, org: Org) -> None:
    services.change_member(membership(reader), role="reader", own_roles=[], by=acting(admin))
    services.rename_org(org, name=org.name, by=acting(admin))
    services.change_quota(org, quota="members", limit=quotas.DEFAULTS[Quota.MEMBERS], by=acting(admin))

    assert told() == []
