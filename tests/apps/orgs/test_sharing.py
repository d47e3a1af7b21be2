"""Who reaches a thing that an org has: by its visibility, by a grant, and not a moment longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import policy, services
from apps.orgs.domain import Level
from apps.orgs.models import ApiToken, Membership, Org, OrgQuota
from apps.orgs.policy import Principal
from apps.platform.errors import Conflict, Forbidden, Invalid, NotFound
from tests.factories import NOON, Persona, make_membership, make_org, make_persona
from tests.grantable.models import Paper, PaperGrant

pytestmark = pytest.mark.django_db
SOMEBODY = Actor.system("tests")
SOON, LATER = NOON + timedelta(days=7), NOON + timedelta(days=8)


def paper(org: Org, visibility: str = "private", *, owner: Persona | None = None) -> Paper:
    made = Paper.objects.create(org=org, title="Mempool", owner=owner.person if owner else None)
    services.change_visibility(made, visibility=visibility, by=SOMEBODY)
    return made


def give(thing: Paper, *, level: str = "view", **to: str) -> PaperGrant:
    given = services.grant(thing, to=to, level=level, purpose="research", expires_at=SOON, by=SOMEBODY, now=NOON)
    assert isinstance(given, PaperGrant)
    return given


def levels(persona: Persona, thing: Paper, *, now=NOON) -> str:  # type: ignore[no-untyped-def]
    """What somebody may do with it, asked both ways: the list and the single answer must agree."""
    found = ""
    for level in Level:
        single = bool(policy.can_reach(Principal(persona.person), level, thing, now=now))
        listed = policy.visible(Paper.objects.all(), Principal(persona.person), level=level, now=now).filter(pk=thing.pk).exists()
        assert single == listed, (level, single, listed)
        found += level[0] if single else ""
    return found


@pytest.mark.parametrize(
    ("visibility", "admin_may", "writer_may", "reader_may", "analyst_may"),
    [
        ("private", "vc", "", "", ""),
        ("org", "vc", "vc", "v", "v"),
        ("role:finance", "vc", "", "", "v"),
        ("role:writer", "vc", "vc", "", ""),
    ],
)
def test_visibility(  # noqa: PLR0917
    admin: Persona, writer: Persona, reader: Persona, analyst: Persona, stranger: Persona,
    visibility: str, admin_may: str, writer_may: str, reader_may: str, analyst_may: str,
) -> None:  # fmt: skip
    thing = paper(admin.org, visibility)

    assert [levels(who, thing) for who in (admin, writer, reader, analyst, stranger)] == [
        admin_may, writer_may, reader_may, analyst_may, "",
    ]  # fmt: skip


def test_an_owner_keeps_their_own_while_they_are_a_member(reader: Persona) -> None:
    thing = paper(reader.org, owner=reader)
    assert levels(reader, thing) == "vc"

    Membership.objects.filter(person=reader.person).delete()
    assert levels(reader, thing) == ""


@pytest.mark.parametrize(("level", "may"), [("view", "v"), ("change", "vc")])
def test_a_grant_to_a_person_or_a_role(reader: Persona, analyst: Persona, writer: Persona, level: str, may: str) -> None:
    thing = paper(reader.org)
    give(thing, level=level, person=reader.person.email)
    give(thing, level=level, role="finance")

    assert [levels(who, thing) for who in (reader, analyst, writer)] == [may, may, ""]


def test_a_grant_ends_with_its_time_and_with_its_revocation(reader: Persona, analyst: Persona) -> None:
    thing = paper(reader.org)
    give(thing, person=reader.person.email)
    revoked = give(thing, role="finance")
    services.revoke_grant(revoked, by=SOMEBODY, now=NOON)

    assert (levels(reader, thing), levels(reader, thing, now=SOON), levels(analyst, thing)) == ("v", "", "")
    with pytest.raises(Conflict, match="meanwhile"):
        services.revoke_grant(revoked, by=SOMEBODY, now=NOON)


def test_who_leaves_the_org_leaves_its_grants_behind(reader: Persona) -> None:
    thing = paper(reader.org)
    give(thing, person=reader.person.email)
    Membership.objects.filter(person=reader.person).delete()
    assert levels(reader, thing) == ""

    make_membership(make_org(), reader.person)
    assert levels(reader, thing) == ""


def test_who_is_removed_and_comes_back_starts_anew(admin: Persona, reader: Persona) -> None:
    thing = paper(reader.org)
    give(thing, person=reader.person.email)
    give(thing, role="writer")
    services.remove_member(Membership.objects.get(person=reader.person), by=SOMEBODY, now=NOON)
    make_membership(reader.org, reader.person)

    assert levels(reader, thing) == ""
    assert PaperGrant.objects.live(now=NOON).count() == 1, "the grant to the role stays"
    assert Record.objects.get(action="member.remove").before["grants"] == ["view of paper Mempool"]  # type: ignore[index]


def test_a_grant_that_replaces_another_tells_of_it(reader: Persona) -> None:
    thing = paper(reader.org)
    give(thing, person=reader.person.email)
    give(thing, level="change", person=reader.person.email)

    replacing = Record.objects.filter(action="grant.create").latest("pk")
    assert [told["level"] for told in (replacing.before, replacing.after) if told] == ["view", "change"]


def test_another_org_looks_and_does_not_change(admin: Persona, stranger: Persona) -> None:
    thing = paper(admin.org)
    give(thing, org=stranger.org.slug)

    assert (levels(stranger, thing), levels(stranger, thing, now=LATER)) == ("v", "")
    with pytest.raises(Forbidden, match="look at only"):
        policy.require_reach(Principal(stranger.person), Level.CHANGE, thing, now=NOON)


def test_a_row_that_lets_another_org_change_lets_it_look_only(admin: Persona, stranger: Persona) -> None:
    """Whatever wrote it: the policy does not trust the table."""
    thing = paper(admin.org)
    given = give(thing, level="change", role="admin")
    PaperGrant.objects.filter(pk=given.pk).update(role=None, org=stranger.org)

    assert levels(stranger, thing) == "v"


def test_a_refusal_hides_another_orgs_thing_and_explains_ones_own(reader: Persona, stranger: Persona) -> None:
    thing = paper(reader.org)

    with pytest.raises(NotFound) as hidden:
        policy.require_reach(Principal(stranger.person), Level.VIEW, thing, now=NOON)
    assert hidden.value.code == "unknown_object"
    with pytest.raises(Forbidden, match="Ask an admin"):
        policy.require_reach(Principal(reader.person), Level.VIEW, thing, now=NOON)


def test_whose_account_is_off_reaches_nothing(admin: Persona) -> None:
    thing = paper(admin.org, "org")
    admin.person.is_active = False

    assert levels(admin, thing) == ""


def test_a_token_reaches_as_far_as_its_scope_and_its_org(writer: Persona) -> None:
    thing, elsewhere = paper(writer.org, "org"), paper(make_org(), "org")
    make_membership(elsewhere.org, writer.person, role="admin")
    token = ApiToken.objects.get(membership__person=writer.person, membership__org=writer.org)
    token.scope = "read"
    who = Principal(writer.person, token)

    assert list(policy.visible(Paper.objects.all(), who, now=NOON)) == [thing]
    assert not policy.visible(Paper.objects.all(), who, level=Level.CHANGE, now=NOON).exists()
    assert "token" in policy.can_reach(who, Level.CHANGE, thing, now=NOON).because


def test_the_answer_says_by_which_rule(reader: Persona) -> None:
    thing = paper(reader.org)
    give(thing, person=reader.person.email)

    assert policy.can_reach(Principal(reader.person), Level.VIEW, thing, now=NOON).because == "It is granted to them."


def test_a_long_list_takes_as_few_queries_as_a_short_one(analyst: Persona) -> None:
    for _ in range(20):
        give(paper(analyst.org), role="finance")

    with CaptureQueriesContext(connection) as asked:
        assert len(policy.visible(Paper.objects.all(), Principal(analyst.person), now=NOON)) == 20
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": {"person": "stranger"}}, "not_a_member"),
        ({"to": {"person": "no address"}}, "bad_email"),
        ({"to": {"role": "nothing"}}, "unknown_role"),
        ({"to": {"org": "nowhere"}}, "unknown_org"),
        ({"to": {"org": "own"}}, "own_org"),
        ({"to": {"org": "other"}, "level": "change"}, "org_looks_only"),
        ({"to": {"org": "other"}, "expires_at": None}, "expiry_needed"),
        ({"to": {}}, "bad_grantee"),
        ({"to": {"role": "reader", "org": "other"}}, "bad_grantee"),
        ({"level": "own"}, "bad_level"),
        ({"purpose": "  "}, "purpose_needed"),
        ({"purpose": "x" * 501}, "purpose_needed"),
        ({"purpose": "for\0bidden"}, "purpose_needed"),
        ({"expires_at": NOON}, "bad_expiry"),
        ({"expires_at": NOON + timedelta(days=400)}, "bad_expiry"),
    ],
)
def test_what_cannot_be_granted(admin: Persona, stranger: Persona, change: dict[str, object], code: str) -> None:
    names = {"own": admin.org.slug, "other": stranger.org.slug, "stranger": stranger.person.email}
    asked: dict[str, object] = {"to": {"role": "reader"}, "level": "view", "purpose": "research", "expires_at": SOON} | change
    asked["to"] = {slot: names.get(name, name) for slot, name in asked["to"].items()}  # type: ignore[attr-defined]

    with pytest.raises(Invalid) as refused:
        services.grant(paper(admin.org), **asked, by=SOMEBODY, now=NOON)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not PaperGrant.objects.exists()


@pytest.mark.parametrize("visibility", ["", "public", "role", "role:", "role:nothing", "org:reader"])
def test_a_visibility_that_is_none(admin: Persona, visibility: str) -> None:
    with pytest.raises(Invalid):
        paper(admin.org, visibility)


def test_granting_again_replaces(admin: Persona, reader: Persona) -> None:
    thing = paper(admin.org)
    give(thing, level="change", person=reader.person.email)
    give(thing, person=reader.person.email)

    assert levels(reader, thing) == "v"
    assert PaperGrant.objects.live(now=NOON).count() == 1


def test_the_database_refuses_two_grantees_and_an_endless_org(admin: Persona, stranger: Persona) -> None:
    given = give(paper(admin.org), org=stranger.org.slug)
    for wrong in ({"person": admin.person}, {"expires_at": None}, {"org": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PaperGrant.objects.filter(pk=given.pk).update(**wrong)


def test_a_role_that_goes_takes_its_grants_and_closes_what_it_saw(admin: Persona, analyst: Persona) -> None:
    granted, shown = paper(admin.org), paper(admin.org, "role:finance")
    give(granted, role="finance")
    services.delete_role(admin.org.roles.get(slug="finance"), by=SOMEBODY)

    shown.refresh_from_db()
    assert [levels(analyst, thing) for thing in (granted, shown)] == ["", ""]
    assert shown.visible_as == "private"
    told = Record.objects.get(action="role.delete").before or {}
    assert (told["grants"], told["visible"]) == (["view of paper Mempool"], ["paper Mempool"])


def test_the_log_tells_of_grants(admin: Persona, reader: Persona) -> None:
    thing = paper(admin.org)
    services.revoke_grant(give(thing, person=reader.person.email), by=SOMEBODY, now=NOON)

    made, ended = Record.objects.filter(action__startswith="grant.").order_by("pk")
    assert (made.object_kind, made.object_name, made.action, ended.action) == ("paper", "Mempool", "grant.create", "grant.revoke")
    assert made.after == ended.before == {
        "person": reader.person.email, "level": "view", "purpose": "research", "expires_at": SOON.isoformat(),
    }  # fmt: skip


def test_the_grant_over_the_quota_is_refused(admin: Persona, writer: Persona) -> None:
    OrgQuota.objects.create(org=admin.org, key="grants", limit=1)
    thing = paper(admin.org)
    give(thing, role="reader")
    give(thing, role="reader", level="change")  # in place of the first

    with pytest.raises(Conflict, match="quota of 1 grants"):
        give(thing, person=writer.person.email)


@pytest.mark.parametrize("visibility", ["private", "org", "role:finance", "role:reader"])
@pytest.mark.parametrize("to", ["nobody", "role", "person"])
@pytest.mark.parametrize("role", ["writer", "reader"])
@pytest.mark.parametrize("own", [(), ("finance",)])
def test_every_mixture(org: Org, visibility: str, to: str, role: str, own: tuple[str, ...]) -> None:
    services.create_role(org, slug="finance", name="", by=SOMEBODY)
    persona = make_persona(role, org=org, own_roles=own)
    thing = paper(org, visibility)
    if to != "nobody":
        give(thing, **{to: "finance" if to == "role" else persona.person.email})

    is_open = visibility == "org" or visibility.removeprefix("role:") in {role, *own}
    is_granted = to == "person" or (to == "role" and bool(own))
    assert levels(persona, thing) == ("vc" if is_open and role == "writer" else "v" if is_open or is_granted else "")
