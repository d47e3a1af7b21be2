"""Signing in at a real provider: who gets in, who does not, and what each is told."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import override_settings
from django.utils import timezone

from apps.accounts.models import Identity
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs.models import Membership
from apps.orgs.services import invite
from tests.factories import Persona, make_person
from tests.fixtures.sso import Idp, Surfer

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]


def test_a_member_signs_in_and_lands_where_they_wanted(surfer: Surfer, idp: Idp, member: Persona) -> None:
    response = surfer.sign_in(idp, member.person, next_url="/platform/health")

    assert (response.status_code, response.headers["Location"]) == (302, "/platform/health")
    assert surfer.trace.get("/v1/me").json()["email"] == member.person.email


def test_the_request_asks_for_a_code_with_pkce_state_and_nonce(surfer: Surfer, idp: Idp) -> None:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(surfer.begin(idp)).query).items()}

    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 32 and len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sso/demo/callback"
    assert idp.provider.client_secret not in asked.values()


def test_the_first_sign_in_links_issuer_and_subject_to_the_person(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)

    identity = Identity.objects.get(person=member.person)
    assert (identity.issuer, identity.subject) == (idp.issuer, f"subject-of-{member.person.email}")
    assert (identity.provider, identity.email) == ("demo", member.person.email)


def test_the_link_is_in_the_audit_log_once(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    surfer.other().sign_in(idp, member.person)

    record = Record.objects.get(action="identity.link")
    assert (record.actor_id, record.object_id, record.address) == (member.person.pk, str(member.person.pk), "127.0.0.1")
    assert record.after and record.after["issuer"] == idp.issuer


def test_who_is_linked_stays_the_same_person_under_another_address(surfer: Surfer, idp: Idp, member: Persona) -> None:
    subject = idp.knows(member.person)
    surfer.sign_in(idp, member.person)
    idp.forgets_everybody()
    idp.knows("new-name@elsewhere.example", subject=subject, email_verified=False)

    again = surfer.other()
    assert again.sign_in(idp, "new-name@elsewhere.example").status_code == 302
    assert again.trace.get("/v1/me").json()["email"] == member.person.email


def test_somebody_elses_address_does_not_make_somebody_of_a_linked_subject(
    surfer: Surfer, idp: Idp, member: Persona, writer: Persona
) -> None:
    subject = idp.knows(member.person)
    surfer.sign_in(idp, member.person)
    idp.forgets_everybody()
    idp.knows(writer.person, subject=subject)

    again = surfer.other()
    again.sign_in(idp, writer.person)
    assert again.trace.get("/v1/me").json()["email"] == member.person.email


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:go()"])
def test_signing_in_never_leads_to_another_site(surfer: Surfer, idp: Idp, member: Persona, target: str) -> None:
    assert surfer.sign_in(idp, member.person, next_url=target).headers["Location"] == "/"


def test_two_tabs_that_sign_in_at_once_each_come_back_to_their_own_page(surfer: Surfer, idp: Idp, member: Persona) -> None:
    first = surfer.begin(idp, next_url="/first")
    second = surfer.begin(idp, next_url="/second")

    assert surfer.follow(surfer.at_provider(first, member.person.email)).headers["Location"] == "/first"
    assert surfer.follow(surfer.at_provider(second)).headers["Location"] == "/second"


def test_somebody_whom_nobody_let_in_is_told_what_to_do(surfer: Surfer, idp: Idp) -> None:
    idp.knows("nobody@trace.example")
    response = surfer.sign_in(idp, "nobody@trace.example")

    assert response.status_code == 403
    assert "sso_unknown_person" in response.text and "invitation" in response.text
    assert surfer.trace.get("/v1/me").status_code == 401


def test_somebody_invited_joins_by_signing_in(surfer: Surfer, idp: Idp, admin: Persona) -> None:
    invite(admin.org, email="New@Elsewhere.example", role="writer", by=Actor.system("tests"), now=timezone.now())
    idp.knows("new@elsewhere.example", name="Newcomer")

    assert surfer.sign_in(idp, "new@elsewhere.example").status_code == 302
    me = surfer.trace.get("/v1/me").json()
    assert (me["name"], [org["slug"] for org in me["orgs"]]) == ("Newcomer", [admin.org.slug])


def test_a_person_who_is_in_no_org_is_not_let_in_by_their_address(surfer: Surfer, idp: Idp) -> None:
    person = make_person()
    idp.knows(person)

    assert "sso_unknown_person" in surfer.sign_in(idp, person).text
    assert not Identity.objects.exists()


def test_an_address_that_is_not_verified_is_nobodys(surfer: Surfer, idp: Idp, reader: Persona) -> None:
    idp.knows(reader.person, email_verified=False)
    response = surfer.sign_in(idp, reader.person)

    assert (response.status_code, Identity.objects.count()) == (403, 0)
    assert "sso_unverified_email" in response.text


def test_a_provider_vouches_only_for_its_own_domains(surfer: Surfer, idp: Idp, member: Persona) -> None:
    narrow = replace(idp.provider, domains=("other.example",))
    with override_settings(SSO_PROVIDERS=(narrow,)):
        assert "sso_unverified_email" in surfer.sign_in(idp, member.person).text


def test_somebody_switched_off_does_not_get_in(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    switch_off(member)

    assert "sso_deactivated" in surfer.other().sign_in(idp, member.person).text


def test_somebody_switched_off_loses_access_at_once(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    switch_off(member)

    assert surfer.trace.get("/v1/me").status_code == 401
    assert surfer.trace.get("/").headers["Location"] == "/sign-in?next=/"


def test_a_removed_member_loses_the_org_at_once(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    assert surfer.trace.get(f"/o/{member.org.slug}/").status_code == 200
    Membership.objects.filter(person=member.person).delete()

    assert surfer.trace.get(f"/o/{member.org.slug}/").status_code == 404
    assert surfer.trace.get("/v1/me").json()["orgs"] == []


def test_a_cancelled_sign_in_says_so(surfer: Surfer, idp: Idp) -> None:
    response = surfer.follow(surfer.cancel(surfer.begin(idp)))

    assert response.status_code == 403
    assert "sso_cancelled" in response.text and "Sign in with Demo SSO" in response.text


def test_rotated_keys_are_found(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    idp.restart(new_keys=True)

    assert surfer.other().sign_in(idp, member.person).status_code == 302


def test_an_unknown_provider_is_a_page_that_says_so(surfer: Surfer, idp: Idp) -> None:
    response = surfer.trace.get("/sso/nowhere/start")

    assert response.status_code == 404
    assert "sso_unknown_provider" in response.text


class TestState:
    def test_an_answer_counts_once(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)
        surfer.follow(answer)
        replayed = surfer.follow(answer)

        assert replayed.status_code == 400
        assert "sso_state" in replayed.text

    def test_an_answer_that_another_browser_began_is_refused(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        """Otherwise an attacker could sign a victim in as the attacker."""
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)

        assert "sso_state" in surfer.other().follow(answer).text

    def test_without_a_state_nothing_happens(self, surfer: Surfer, idp: Idp) -> None:
        assert "sso_state" in surfer.trace.get("/sso/demo/callback", {"code": "c"}).text
        assert "sso_state" in surfer.trace.get("/sso/demo/callback").text

    def test_a_provider_cannot_answer_for_another(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        other = replace(idp.provider, key="other", issuer="http://127.0.0.1:9/")
        with override_settings(SSO_PROVIDERS=(idp.provider, other)):
            answer = surfer.at_provider(surfer.begin(idp), member.person.email)
            assert "sso_state" in surfer.follow(answer.replace("/sso/demo/", "/sso/other/")).text

    def test_an_answer_under_another_issuers_name_is_refused(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)

        assert "sso_refused" in surfer.follow(answer.replace("iss=http", "iss=https")).text

    def test_an_answer_that_leaves_its_issuer_away_is_refused(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)

        assert "sso_refused" in surfer.follow(answer.replace("&iss=", "&was=")).text

    def test_a_sign_in_that_took_too_long_is_over(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)
        session = surfer.trace.session
        for entry in session["oidc_states"].values():
            entry["added_on"] = time.time() - 601
        session.save()

        assert "sso_expired" in surfer.follow(answer).text

    def test_a_code_that_the_provider_forgot_is_over(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)
        idp.restart()

        assert "sso_expired" in surfer.follow(answer).text

    def test_a_session_keeps_only_so_many_beginnings(self, surfer: Surfer, idp: Idp) -> None:
        for _ in range(12):
            surfer.begin(idp)

        assert len(surfer.trace.session["oidc_states"]) == 10


class TestProviderDown:
    def test_starting_says_so_instead_of_leading_nowhere(self, surfer: Surfer, idp: Idp) -> None:
        idp.stop()
        try:
            response = surfer.trace.get("/sso/demo/start")
        finally:
            idp.start()

        assert response.status_code == 503
        assert "sso_provider_down" in response.text and "Try again" in response.text

    def test_coming_back_to_one_that_went_down_meanwhile_says_so(self, surfer: Surfer, idp: Idp, member: Persona) -> None:
        answer = surfer.at_provider(surfer.begin(idp), member.person.email)
        idp.stop()
        try:
            response = surfer.follow(answer)
        finally:
            idp.start()

        assert (response.status_code, "sso_provider_down" in response.text) == (503, True)


def test_no_token_lies_readable_in_a_session_row(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)

    kept = [row.get_decoded() for row in Session.objects.all()]
    assert any("sso" in row for row in kept)
    assert "eyJ" not in str(kept)


def switch_off(persona: Persona) -> None:
    persona.person.is_active = False
    persona.person.save(update_fields=["is_active"])
