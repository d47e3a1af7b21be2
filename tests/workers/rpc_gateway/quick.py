"""The gateway, less patient: `python -m tests.workers.rpc_gateway.quick '{"limits": {…}, "pace": {…}}'`."""

from __future__ import annotations

import asyncio
import json
import logging
import sys

from apps.platform import telemetry
from apps.platform.config import Config
from workers.rpc_gateway.__main__ import run
from workers.rpc_gateway.limits import Limits, Pace

if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    config = Config.from_env()
    telemetry.configure_logging(config)
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    sys.exit(asyncio.run(run(config, limits=Limits(**told["limits"]), pace=Pace(**told["pace"]))))
