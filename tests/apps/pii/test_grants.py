"""A grant's life: who may ask for whom, who may decide, what is told, and what the table itself refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import F, Subquery

from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import services as orgs
from apps.orgs.models import Membership, Org, OrgRole
from apps.pii import services
from apps.pii.domain import Job, State
from apps.pii.models import PiiGrant
from apps.pii.selectors import Grantee
from apps.platform.errors import Conflict, Forbidden, Invalid, UserError
from tests.apps.pii.makers import MONTH, PURPOSE, make_classified, make_grant, make_request
from tests.factories import NOON, Persona, acting, make_membership, make_org, make_person, make_persona

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def classified(org: Org) -> None:
    make_classified(org, "email", "phone")


@pytest.fixture
def second(org: Org) -> Persona:
    return make_persona("admin", org=org)


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(UserError) as refused:
        call(*args, **kwargs)
    return refused.value.code


def test_any_member_asks_for_themself_and_another_decides(reader: Persona, admin: Persona) -> None:
    grant = make_request(reader, columns=["Phone", "email"])
    assert (grant.columns, grant.person, grant.state_at(NOON)) == (["email", "phone"], reader.person, State.WAITING)

    grant = services.approve(grant, by=acting(admin), now=LATER, note="Case 12.")
    assert (grant.decided_by, grant.decided_at, grant.decision_note) == (admin.person, LATER, "Case 12.")
    assert grant.state_at(LATER) is State.LIVING


@pytest.mark.parametrize("whose", ["another member", "a role", "a job"])
@pytest.mark.parametrize(("asking", "may"), [("admin", True), ("writer", False), ("reader", False)])
def test_only_an_admin_asks_for_others(org: Org, request: pytest.FixtureRequest, asking: str, may: bool, whose: str) -> None:
    by: Persona = request.getfixturevalue(asking)
    grantees: dict[str, Grantee] = {
        "another member": make_persona("reader", org=org).person, "a role": org.roles.get(slug="reader"), "a job": Job("d", "j"),
    }  # fmt: skip

    if may:
        assert make_request(by, grantees[whose]).state_at(NOON) is State.WAITING
    else:
        assert code_of(make_request, by, grantees[whose]) == "forbidden"


def test_nobody_outside_the_org_is_asked_for(org: Org, admin: Persona, reader: Persona) -> None:
    gone = make_persona("reader", org=org)
    gone.person.is_active = False
    gone.person.save()

    assert code_of(make_request, admin, make_person()) == "pii_not_a_member"
    assert code_of(make_request, admin, gone.person) == "pii_not_a_member"
    assert code_of(make_request, admin, make_org().roles.get(slug="reader")) == "unknown_role"


def test_somebody_outside_the_org_asks_for_nothing(org: Org, stranger: Persona) -> None:
    assert code_of(make_request, Persona(stranger.person, org, "")) == "unknown_org"


@pytest.mark.parametrize(("dataset", "columns"), [
    ("customers", ["amount"]), ("customers", ["email", "amount"]), ("orders", ["email"]), ("orders", None),
])  # fmt: skip
def test_what_is_not_classified_needs_no_grant(reader: Persona, dataset: str, columns: list[str] | None) -> None:
    assert code_of(make_request, reader, dataset=dataset, columns=columns) == "pii_not_classified"


def test_the_same_request_is_not_made_twice_while_it_waits(reader: Persona, admin: Persona) -> None:
    first = make_request(reader)
    assert code_of(make_request, reader, columns=["EMAIL"]) == "pii_already_asked"
    make_request(reader, columns=["phone"])
    make_request(reader, columns=None)

    services.refuse(first, by=acting(admin), now=NOON)
    make_request(reader)
    assert PiiGrant.objects.count() == 4


def test_nobody_decides_on_what_they_asked_for(admin: Persona, reader: Persona) -> None:
    for request in (make_request(admin), make_request(admin, reader.person)):
        assert code_of(services.approve, request, by=acting(admin), now=NOON) == "pii_self_approval"
        assert code_of(services.refuse, request, by=acting(admin), now=NOON) == "pii_self_approval"
        request.refresh_from_db()
        assert request.state_at(NOON) is State.WAITING


def test_nobody_approves_what_somebody_else_asked_for_them_but_may_refuse_it(admin: Persona, second: Persona) -> None:
    request = make_request(second, admin.person)

    assert code_of(services.approve, request, by=acting(admin), now=NOON) == "pii_self_approval"
    assert services.refuse(request, by=acting(admin), now=NOON).state_at(NOON) is State.REFUSED


def hold(persona: Persona, *slugs: str, given_by: Persona) -> None:
    membership = Membership.objects.get(person=persona.person)
    orgs.change_member(membership, role=membership.role.slug, own_roles=slugs, by=acting(given_by))


def test_nobody_approves_what_is_for_a_role_they_hold(org: Org, admin: Persona, second: Persona, analyst: Persona) -> None:
    hold(admin, "finance", given_by=second)
    request = make_request(second, org.roles.get(slug="finance"))

    assert code_of(services.approve, request, by=acting(admin), now=NOON) == "pii_self_approval"
    assert services.refuse(request, by=acting(admin), now=NOON).state_at(NOON) is State.REFUSED


def test_for_the_role_of_those_who_decide_nobody_asks(org: Org, admin: Persona) -> None:
    assert code_of(make_request, admin, org.roles.get(slug="admin")) == "pii_role_decides"


def test_no_part_of_trace_decides(reader: Persona, admin: Persona) -> None:
    robot, request = Actor.system("tests"), make_request(reader)

    assert code_of(services.approve, request, by=robot, now=NOON) == "pii_person_needed"
    assert code_of(services.refuse, request, by=robot, now=NOON) == "pii_person_needed"
    services.approve(request, by=acting(admin), now=NOON)
    assert code_of(services.revoke, request, by=robot, now=NOON) == "pii_person_needed"


def test_who_left_or_came_back_since_is_not_approved(org: Org, reader: Persona, admin: Persona) -> None:
    request = make_request(reader)
    Membership.objects.filter(person=reader.person).delete()
    assert code_of(services.approve, request, by=acting(admin), now=LATER) == "pii_not_a_member"

    Membership.objects.filter(pk=make_membership(org, reader.person).pk).update(created_at=LATER)
    assert code_of(services.approve, request, by=acting(admin), now=LATER) == "pii_not_a_member"


def test_only_who_asked_withdraws(reader: Persona, admin: Persona) -> None:
    request = make_request(reader)

    assert code_of(services.withdraw, request, by=acting(admin), now=NOON) == "pii_not_yours"
    assert services.withdraw(request, by=acting(reader), now=NOON).state_at(NOON) is State.WITHDRAWN


VERBS = ["approve", "refuse", "withdraw", "revoke"]
OPEN = {(State.WAITING, "approve"), (State.WAITING, "refuse"), (State.WAITING, "withdraw"), (State.LIVING, "revoke")}


def brought_to(state: State, reader: Persona, admin: Persona) -> tuple[PiiGrant, datetime]:
    request = make_request(reader)
    match state:
        case State.WITHDRAWN:
            services.withdraw(request, by=acting(reader), now=NOON)
        case State.REFUSED:
            services.refuse(request, by=acting(admin), now=NOON)
        case State.LIVING | State.EXPIRED:
            services.approve(request, by=acting(admin), now=NOON)
        case State.REVOKED:
            services.revoke(services.approve(request, by=acting(admin), now=NOON), by=acting(admin), now=NOON)
    return request, NOON + MONTH if state is State.EXPIRED else LATER


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", State)
def test_a_grant_moves_only_as_its_state_allows(reader: Persona, admin: Persona, state: State, verb: str) -> None:
    grant, now = brought_to(state, reader, admin)
    told = Record.objects.count()
    by = acting(reader if verb == "withdraw" else admin)

    if (state, verb) in OPEN:
        getattr(services, verb)(grant, by=by, now=now)
        assert Record.objects.count() == told + 1
    else:
        with pytest.raises(Conflict) as refused:
            getattr(services, verb)(grant, by=by, now=now)
        assert (refused.value.code, refused.value.detail) == ("pii_grant_closed", {"state": state.value})
        assert Record.objects.count() == told


@pytest.mark.parametrize("state", State)
def test_the_predicates_say_what_the_state_says(reader: Persona, admin: Persona, state: State) -> None:
    _, now = brought_to(state, reader, admin)

    found = [stage for stage in ("waiting", "living", "ended") if getattr(PiiGrant.objects, stage)(now=now).exists()]
    assert found == [state.value if state in {State.WAITING, State.LIVING} else "ended"]


def test_a_request_that_nobody_decided_in_time_is_closed(reader: Persona, admin: Persona) -> None:
    request = make_request(reader)

    assert code_of(services.approve, request, by=acting(admin), now=NOON + MONTH) == "pii_grant_closed"


def test_a_life_is_told_from_request_to_revocation(org: Org, reader: Persona, admin: Persona) -> None:
    grant = make_request(reader)
    services.approve(grant, by=acting(admin), now=LATER, note="Case 12.")
    services.revoke(grant, by=acting(admin), now=LATER)

    asked, approved, revoked = Record.objects.filter(object_kind="pii_grant").order_by("pk")
    assert [asked.action, approved.action, revoked.action] == ["pii.request", "pii.approve", "pii.revoke"]
    told = [record.after or {} for record in (asked, approved, revoked)]
    assert (told[0]["grantee"], told[0]["purpose"], told[0]["columns"]) == (reader.person.email, PURPOSE, ["email"])
    assert (approved.before, told[1]["state"], told[1]["note"]) == ({"state": "waiting"}, "living", "Case 12.")
    assert (revoked.before, told[2]["state"]) == ({"state": "living"}, "revoked")
    assert {record.org_id for record in (asked, approved, revoked)} == {org.pk}
    assert approved.object_name == f"email of customers for {reader.person.email}"


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts(reader: Persona, admin: Persona, second: Persona) -> None:
    request = make_request(reader)

    def decide(verb: str, by: Persona) -> str:
        try:
            getattr(services, verb)(request, by=acting(by), now=LATER)
        except UserError as error:
            return error.code
        finally:
            connection.close()
        return "decided"

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(decide, *asked) for asked in (("approve", admin), ("refuse", second))]
    assert sorted(answer.result() for answer in answers) == ["decided", "pii_grant_closed"]


@pytest.mark.django_db(transaction=True)
def test_a_request_sent_twice_at_once_is_one(reader: Persona) -> None:
    def ask(_: int) -> str:
        try:
            make_request(reader)
        except UserError as error:
            return error.code
        finally:
            connection.close()
        return "asked"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, range(2))) == ["asked", "pii_already_asked"]


@pytest.mark.parametrize(("change", "constraint"), [
    ({"decided_by": F("requested_by")}, "pii_grant_other_decides"),
    ({"person": F("decided_by")}, "pii_grant_other_approves"),
    ({"decided_by": None}, "pii_grant_decided"),
    ({"decision": None}, "pii_grant_decided"),
    ({"withdrawn_at": NOON}, "pii_grant_decided"),
    ({"decision": "perhaps"}, "pii_grant_verdict"),
    ({"person": None}, "pii_grant_one_grantee"),
    ({"dag": "hot", "job": "load"}, "pii_grant_one_grantee"),
    ({"person": None, "dag": "hot"}, "pii_grant_one_grantee"),
    ({"role": Subquery(OrgRole.objects.values("pk")[:1])}, "pii_grant_one_grantee"),
    ({"columns": []}, "pii_grant_columns"),
    ({"purpose": ""}, "pii_grant_purpose"),
    ({"expires_at": NOON}, "pii_grant_expiry"),
    ({"expires_at": NOON + timedelta(days=366)}, "pii_grant_expiry"),
    ({"revoked_at": NOON}, "pii_grant_revoked"),
    ({"decision": "refused", "revoked_at": NOON, "revoked_by": F("decided_by")}, "pii_grant_revoked"),
])  # fmt: skip
def test_the_table_refuses_what_no_service_would_write(
    org: Org, reader: Persona, change: dict[str, Any], constraint: str
) -> None:
    grant = make_grant(org, reader.person)

    with pytest.raises(IntegrityError, match=constraint):
        PiiGrant.objects.filter(pk=grant.pk).update(**change)


def test_the_table_refuses_a_request_that_is_decided_by_its_requester_at_once(org: Org, admin: Persona) -> None:
    with pytest.raises(IntegrityError, match="pii_grant_other_decides"):
        PiiGrant.objects.create(
            org=org, dataset="customers", role=org.roles.get(slug="admin"), purpose=PURPOSE, requested_by=admin.person,
            requested_at=NOON, expires_at=LATER, decision="approved", decided_by=admin.person, decided_at=NOON,
        )  # fmt: skip


def test_a_note_that_is_too_long_decides_nothing(reader: Persona, admin: Persona) -> None:
    request = make_request(reader)

    with pytest.raises(Invalid):
        services.approve(request, by=acting(admin), now=NOON, note="x" * 501)
    request.refresh_from_db()
    assert request.state_at(NOON) is State.WAITING


def test_the_sentence_of_self_approval_says_what_to_do(admin: Persona) -> None:
    with pytest.raises(Forbidden, match="another admin must decide"):
        services.approve(make_request(admin, Job("d", "j")), by=acting(admin), now=NOON)
