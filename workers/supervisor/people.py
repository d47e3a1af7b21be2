"""The demo people as the supervisor knows them: who they are, and the secrets that only this machine has."""

from __future__ import annotations

from dataclasses import dataclass

ORG, ORG_NAME = "demo", "Demo research"
TOKEN_PREFIX = "trace_pat_"


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    role: str
    own_roles: tuple[str, ...] = ()
    org: str = ORG
    org_name: str = ORG_NAME
    is_platform_staff: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{self.org}.example"


PEOPLE = (
    Person("admin", "Ada Admin", "admin", is_platform_staff=True),
    Person("writer", "Wim Writer", "writer"),
    Person("reader", "Rosa Reader", "reader"),
    Person("analyst", "Ana Analyst", "reader", own_roles=("finance",)),
    Person("stranger", "Stan Stranger", "admin", org="elsewhere", org_name="Elsewhere Ltd"),
)
FIRST_ADMIN = PEOPLE[0]
SECRET_NAMES = tuple(f"{kind}-{person.key}" for person in PEOPLE for kind in ("password", "token"))


def people(*, demo: bool) -> tuple[Person, ...]:
    """Without the demo only the admin: somebody must be able to sign in and invite the others."""
    return PEOPLE if demo else (FIRST_ADMIN,)


def seed_document(secrets: dict[str, str], *, demo: bool) -> list[dict[str, object]]:
    """What `manage.py prepare --people` reads."""
    return [
        {
            "email": person.email,
            "name": person.name,
            "password": secrets[f"password-{person.key}"],
            "token": TOKEN_PREFIX + secrets[f"token-{person.key}"],
            "org": person.org,
            "org_name": person.org_name,
            "role": person.role,
            "own_roles": person.own_roles,
            "is_platform_staff": person.is_platform_staff,
        }
        for person in people(demo=demo)
    ]


def pool_document(url: str, *, chain_id: int) -> list[dict[str, object]]:
    """What it reads of the demo's chain: where its node is today."""
    provider = {
        "name": "anvil",
        "url": url,
        "ws_url": url.replace("http", "ws", 1),
        "has_archive": True,
        "has_traces": True,
        "has_debug": True,
    }
    return [
        {
            "name": "demo", "kind": "evm", "chain_id": chain_id, "description": "The demo's chain: a node on this machine.",
            "finality_depth": 32, "providers": [provider],
        }
    ]  # fmt: skip


def stack_entry(secrets: dict[str, str], *, demo: bool) -> dict[str, dict[str, str]]:
    """What stack.json says of them."""
    return {
        person.key: {
            "email": person.email,
            "password": secrets[f"password-{person.key}"],
            "token": TOKEN_PREFIX + secrets[f"token-{person.key}"],
        }
        for person in people(demo=demo)
    }
