"""Which columns somebody sees in the clear, and why: closed unless a living grant opens them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.domain import Actor, ActorKind
from apps.orgs import services as orgs
from apps.orgs.domain import Scope
from apps.orgs.models import ApiToken, Membership, Org
from apps.orgs.policy import Principal
from apps.pii import policy, services
from apps.pii.domain import Job, Outcome
from apps.pii.policy import Asker
from apps.pii.selectors import Grantee
from apps.platform.errors import Conflict
from tests.apps.pii.makers import MONTH, PURPOSE, make_classified, make_grant, make_request
from tests.factories import NOON, Persona, acting, make_membership, make_org, make_person, make_persona, principal

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=1)
LOAD = Job("hot", "load")


def outcome(org: Org, who: Asker, *, column: str = "email", dataset: str = "customers", now: datetime = LATER) -> Outcome:
    (answer,) = policy.decide(org, dataset, [column], who=who, now=now)
    return answer.outcome


@pytest.fixture
def analyst(org: Org) -> Persona:
    return make_persona("reader", org=org, own_roles=("finance",))


@pytest.fixture(autouse=True)
def classified(org: Org) -> None:
    make_classified(org, "email", "phone")
    make_classified(org, "passport", mask=None)


def grantee_named(name: str, org: Org, analyst: Persona) -> Grantee:
    named: dict[str, Grantee] = {
        "the person": analyst.person,
        "another person": make_persona("reader", org=org).person,
        "their system role": org.roles.get(slug="reader"),
        "another system role": org.roles.get(slug="writer"),
        "their own role": org.roles.get(slug="finance"),
        "a role they lack": orgs.create_role(org, slug="legal", name="", by=acting(analyst)),
        "the job": LOAD,
        "another job": Job("hot", "store"),
        "a job of another DAG": Job("cold", "load"),
    }
    return named[name]


@pytest.mark.parametrize(("grantee", "person_sees", "job_sees"), [
    ("the person", Outcome.CLEAR, Outcome.MASKED),
    ("another person", Outcome.MASKED, Outcome.MASKED),
    ("their system role", Outcome.CLEAR, Outcome.MASKED),
    ("another system role", Outcome.MASKED, Outcome.MASKED),
    ("their own role", Outcome.CLEAR, Outcome.MASKED),
    ("a role they lack", Outcome.MASKED, Outcome.MASKED),
    ("the job", Outcome.MASKED, Outcome.CLEAR),
    ("another job", Outcome.MASKED, Outcome.MASKED),
    ("a job of another DAG", Outcome.MASKED, Outcome.MASKED),
])  # fmt: skip
def test_a_grant_opens_to_its_grantee_and_to_nobody_else(
    org: Org, analyst: Persona, grantee: str, person_sees: Outcome, job_sees: Outcome
) -> None:
    make_grant(org, grantee_named(grantee, org, analyst))

    assert (outcome(org, principal(analyst)), outcome(org, LOAD)) == (person_sees, job_sees)


@pytest.mark.parametrize(("column", "dataset", "seen"), [
    ("email", "customers", Outcome.CLEAR),
    ("Email", "customers", Outcome.CLEAR),
    ("EMAIL", "Customers", Outcome.CLEAR),
    ("phone", "customers", Outcome.MASKED),
    ("Phone", "CUSTOMERS", Outcome.MASKED),
    ("passport", "customers", Outcome.REFUSED),
    ("PassPort", "customers", Outcome.REFUSED),
    ("amount", "customers", Outcome.CLEAR),
    ("phone", "orders", Outcome.CLEAR),
])  # fmt: skip
def test_a_grant_opens_its_columns_of_its_dataset(org: Org, analyst: Persona, column: str, dataset: str, seen: Outcome) -> None:
    make_grant(org, analyst.person, columns=["email"])

    assert outcome(org, principal(analyst), column=column, dataset=dataset) is seen


def test_a_grant_of_every_classified_column_opens_those_classified_later_too(org: Org, analyst: Persona) -> None:
    make_grant(org, analyst.person, columns=None)
    make_classified(org, "fax", mask=None)

    answers = policy.decide(org, "customers", ["email", "passport", "fax"], who=principal(analyst), now=LATER)
    assert [answer.outcome for answer in answers] == [Outcome.CLEAR] * 3


@pytest.mark.parametrize("what", ["asked", "refused", "withdrawn", "revoked", "not begun to end", "ended to the second"])
def test_only_a_living_grant_opens(org: Org, analyst: Persona, admin: Persona, what: str) -> None:
    now = LATER
    request = make_request(analyst)
    match what:
        case "refused":
            services.refuse(request, by=acting(admin), now=NOON)
        case "withdrawn":
            services.withdraw(request, by=acting(analyst), now=NOON)
        case "revoked":
            services.revoke(services.approve(request, by=acting(admin), now=NOON), by=acting(admin), now=NOON)
        case "not begun to end":
            services.approve(request, by=acting(admin), now=NOON)
            now = NOON + MONTH - timedelta(microseconds=1)
        case "ended to the second":
            services.approve(request, by=acting(admin), now=NOON)
            now = NOON + MONTH

    assert outcome(org, principal(analyst), now=now) is (Outcome.CLEAR if what == "not begun to end" else Outcome.MASKED)


@pytest.mark.parametrize("grantee", ["the person", "their own role", "their system role"])
def test_who_leaves_the_org_loses_the_grant(org: Org, analyst: Persona, admin: Persona, grantee: str) -> None:
    make_grant(org, grantee_named(grantee, org, analyst))
    orgs.remove_member(Membership.objects.get(person=analyst.person), by=acting(admin), now=NOON)

    assert outcome(org, principal(analyst)) is Outcome.MASKED


def test_who_comes_back_does_not_find_the_old_grant(org: Org, analyst: Persona) -> None:
    make_grant(org, analyst.person)
    Membership.objects.filter(person=analyst.person).delete()
    Membership.objects.filter(pk=make_membership(org, analyst.person).pk).update(created_at=LATER)

    assert outcome(org, principal(analyst), now=LATER + timedelta(minutes=1)) is Outcome.MASKED


def test_who_loses_the_role_loses_the_grant(org: Org, analyst: Persona, admin: Persona) -> None:
    make_grant(org, org.roles.get(slug="finance"))
    orgs.change_member(Membership.objects.get(person=analyst.person), role="reader", own_roles=[], by=acting(admin))

    assert outcome(org, principal(analyst)) is Outcome.MASKED


def give(to: Persona, *, role: str = "", own: tuple[str, ...] = (), by: Persona) -> None:
    membership = Membership.objects.get(person=to.person)
    orgs.change_member(membership, role=role or membership.role.slug, own_roles=own, by=acting(by))


def test_who_gives_themself_a_role_does_not_get_what_it_sees(org: Org, analyst: Persona, admin: Persona) -> None:
    second = make_persona("admin", org=org)
    make_grant(org, org.roles.get(slug="finance"))

    give(admin, own=("finance",), by=admin)
    assert outcome(org, principal(admin)) is Outcome.MASKED

    give(admin, by=second)
    give(admin, own=("finance",), by=second)
    assert outcome(org, principal(admin)) is Outcome.CLEAR


def test_who_makes_themself_a_writer_does_not_get_what_writers_see(org: Org, admin: Persona, staff: Persona) -> None:
    make_grant(org, org.roles.get(slug="writer"))

    give(admin, role="writer", by=admin)
    assert outcome(org, principal(admin)) is Outcome.MASKED

    give(admin, role="reader", by=staff)
    give(admin, role="writer", by=staff)
    assert outcome(org, principal(admin)) is Outcome.CLEAR


def test_who_was_invited_has_the_role_from_who_invited_them(org: Org, admin: Persona) -> None:
    make_grant(org, org.roles.get(slug="reader"))
    invited = make_person()
    invitation = orgs.invite(org, email=invited.email, role="reader", by=acting(admin), now=NOON)
    orgs.accept_invitation(invitation, person=invited, by=Actor(ActorKind.PERSON, invited.email, invited.pk), now=NOON)

    assert outcome(org, Principal(invited)) is Outcome.CLEAR


def test_a_role_that_is_let_in_stays_and_what_it_was_let_in_for_stays_told(org: Org, analyst: Persona, admin: Persona) -> None:
    grant = make_grant(org, role := org.roles.get(slug="finance"), now=timezone.now())
    with pytest.raises(Conflict, match="revoke them first"):
        orgs.delete_role(role, by=acting(admin))

    services.revoke(grant, by=acting(admin), now=timezone.now())
    orgs.delete_role(role, by=acting(admin))
    grant.refresh_from_db()
    assert (grant.grantee, grant.decided_by is None, grant.role) == ("role finance", False, None)
    assert outcome(org, principal(analyst), now=timezone.now()) is Outcome.MASKED


def test_an_account_that_is_off_sees_nothing_in_the_clear(org: Org, analyst: Persona) -> None:
    make_grant(org, analyst.person)
    analyst.person.is_active = False
    analyst.person.save()

    assert outcome(org, principal(analyst)) is Outcome.MASKED


def test_a_grant_of_one_org_opens_nothing_in_another(org: Org, analyst: Persona) -> None:
    other = make_org("Other")
    make_membership(other, analyst.person)
    make_classified(other, "email")
    make_grant(org, analyst.person)
    make_grant(org, LOAD)

    assert (outcome(other, principal(analyst)), outcome(other, LOAD)) == (Outcome.MASKED, Outcome.MASKED)


def test_a_token_for_another_org_opens_nothing(org: Org, analyst: Persona) -> None:
    make_grant(org, analyst.person)
    own = ApiToken.objects.get(membership__person=analyst.person)
    other = orgs.ensure_api_token(make_membership(make_org(), analyst.person), name="x", token="other", now=NOON)
    ApiToken.objects.filter(pk=own.pk).update(scope=Scope.READ)
    own.refresh_from_db()

    assert outcome(org, Principal(analyst.person, own)) is Outcome.CLEAR
    assert outcome(org, Principal(analyst.person, other)) is Outcome.MASKED


def test_an_admin_is_nobody_special(org: Org, admin: Persona) -> None:
    assert outcome(org, principal(admin), column="passport") is Outcome.REFUSED


def test_a_role_is_explained_by_its_own_grants(org: Org, analyst: Persona) -> None:
    make_grant(org, org.roles.get(slug="finance"))

    assert outcome(org, org.roles.get(slug="finance")) is Outcome.CLEAR
    assert outcome(org, org.roles.get(slug="reader")) is Outcome.MASKED


def test_every_answer_says_why(org: Org, analyst: Persona) -> None:
    make_grant(org, analyst.person, lasts=timedelta(days=1))
    longest = make_grant(org, org.roles.get(slug="finance"), columns=None)
    email, amount = policy.decide(org, "customers", ["email", "amount"], who=principal(analyst), now=LATER)
    phone, passport = policy.decide(org, "customers", ["phone", "passport"], who=LOAD, now=LATER)

    assert email.grant_id == longest.pk and longest.decided_by
    for part in ("role finance", PURPOSE, longest.decided_by.email, "2026-02-14"):
        assert part in email.because
    assert (amount.because, amount.grant_id) == ("It is not classified as personal data.", None)
    assert (phone.mask, passport.mask) == ("hash", None)
    assert "a hash of the value comes instead" in phone.because and "a query that reads it is refused" in passport.because


@pytest.mark.parametrize(("who", "most"), [("person", 3), ("member", 2), ("job", 2)])
@pytest.mark.parametrize("columns", [1, 300])
def test_the_number_of_queries_does_not_grow_with_the_columns(
    org: Org, analyst: Persona, who: str, most: int, columns: int
) -> None:
    names = [f"column_{n}" for n in range(columns)]
    make_classified(org, *names)
    make_grant(org, analyst.person, columns=names)
    make_grant(org, org.roles.get(slug="finance"), columns=None)
    membership = Membership.objects.select_related("role").get(person=analyst.person)
    asker: dict[str, Asker] = {
        "person": principal(analyst), "member": Principal(analyst.person, membership=membership), "job": LOAD,
    }  # fmt: skip

    with CaptureQueriesContext(connection) as queries:
        answers = policy.decide(org, "customers", names, who=asker[who], now=LATER)

    assert len(queries) <= most
    assert {answer.outcome for answer in answers} == {Outcome.MASKED if who == "job" else Outcome.CLEAR}
    assert [answer.column for answer in answers] == names
