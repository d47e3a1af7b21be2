"""`python -m workers.rpc_gateway`"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

import structlog
from aiohttp import web

from apps.platform import telemetry
from apps.platform.config import Config
from apps.platform.errors import ConfigError
from apps.platform.ops import serve_ops
from workers.rpc_gateway.gateway import Gateway
from workers.rpc_gateway.limits import Limits, Pace
from workers.rpc_gateway.serving import Serving

log = structlog.get_logger("trace.rpc_gateway")


def main() -> int:
    try:
        config = Config.from_env()
        config.require("gateway_token", "internal_url", "rpc_gateway_port")
        telemetry.configure_logging(config)
        # What it says of a request that it cannot read holds the request, and with it a ticket.
        logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
        return asyncio.run(run(config))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


async def run(config: Config, *, limits: Limits | None = None, pace: Pace | None = None) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = Gateway(config, limits=limits, pace=pace)
    serving = Serving(gateway, config.gateway_token)
    runner = web.AppRunner(
        serving.app(), access_log=None, handler_cancellation=True, keepalive_timeout=gateway.limits.idle_seconds,
        shutdown_timeout=gateway.limits.drain_seconds,
    )  # fmt: skip
    await runner.setup()
    try:
        await web.TCPSite(runner, config.rpc_gateway_host, config.rpc_gateway_port, backlog=1024).start()
    except OSError as error:
        raise ConfigError(
            [
                f"TRACE_RPC_GATEWAY_PORT: {config.rpc_gateway_host}:{config.rpc_gateway_port} cannot be listened on: {error.strerror}."
            ]
        ) from error
    await gateway.start()
    serve_ops(config, {"pools": gateway.check_pools}, gateway)
    log.info("rpc_gateway_started", port=config.rpc_gateway_port)
    await stop.wait()
    await serving.drain()
    await runner.cleanup()  # calls that are under way end first
    await gateway.close()
    log.info("rpc_gateway_stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
