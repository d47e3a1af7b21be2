"""The settings of the RPC gateway, and of those who call it: a part of `Config`."""

from __future__ import annotations

from dataclasses import dataclass

from apps.platform import parsers as p
from apps.platform.environment import variable

_port = p.whole(0, 65_535)
_http = p.url("http", "https")


@dataclass(frozen=True, kw_only=True)
class GatewayConfig:
    gateway_token: str = variable(
        "TRACE_GATEWAY_TOKEN",
        p.text,
        default="",
        secret=True,
        doc="What the RPC gateway proves itself with to the internal plane, and the platform's own processes to it.",
    )
    rpc_gateway_url: str = variable(
        "TRACE_RPC_GATEWAY_URL", _http, default="http://127.0.0.1:8003", doc="Where tasks are told to call the RPC gateway."
    )
    rpc_gateway_host: str = variable(
        "TRACE_RPC_GATEWAY_HOST",
        p.text,
        default="127.0.0.1",
        doc="Address on which the RPC gateway listens; loopback by default.",
    )
    rpc_gateway_port: int = variable("TRACE_RPC_GATEWAY_PORT", _port, default=8003, doc="Where the RPC gateway listens.")
    rpc_gateway_loopback: bool = variable(
        "TRACE_RPC_GATEWAY_LOOPBACK",
        p.boolean,
        default=False,
        doc="Providers may be on the gateway's own machine, as the chain of the demo is. Accepted with the `laptop` profile only.",
    )
    rpc_gateway_cache_mb: int = variable(
        "TRACE_RPC_GATEWAY_CACHE_MB",
        p.whole(1, 65_536),
        default=128,
        unit="MB",
        doc="Answers about finalised blocks that the RPC gateway keeps, of all pools together.",
    )
