"""`python -m workers.supervisor [up|reset]`: run the one-machine stack, or forget its data."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time

from apps.platform.config import Config, Profile
from apps.platform.errors import ConfigError
from apps.platform.oidc import providers
from workers.supervisor import people
from workers.supervisor.causes import as_stack_error, cause_of
from workers.supervisor.console import Console
from workers.supervisor.datadir import DataDir
from workers.supervisor.environment import refuse_what_the_stack_makes
from workers.supervisor.errors import StackError
from workers.supervisor.leftovers import end_leftovers
from workers.supervisor.servers.places import forget_cluster
from workers.supervisor.stack import Stack

EXIT_STACK, EXIT_CONFIG = 1, 2


def main(arguments: list[str]) -> int:
    verb = arguments[0] if arguments else "up"
    if verb not in {"up", "reset"} or len(arguments) > 1:
        print("usage: python -m workers.supervisor [up|reset]", file=sys.stderr)
        return EXIT_CONFIG
    os.umask(0o077)
    try:
        config = _config()
        return reset(config) if verb == "reset" else up(config)
    except ConfigError as error:
        return _refuse(verb, str(error), EXIT_CONFIG)
    except StackError as error:
        return _refuse(verb, str(error), EXIT_STACK)
    except OSError as error:
        return _refuse(verb, str(as_stack_error(error)), EXIT_STACK)


def _config() -> Config:
    config = Config.from_env()
    refuse_what_the_stack_makes()
    if config.profile is not Profile.LAPTOP:
        raise ConfigError(["TRACE_PROFILE: the supervisor runs the `laptop` profile only; unset it."])
    # The web process reads it; a mistake in it is better told before anything has started.
    providers.load(config.oidc_providers_file)
    return config


def up(config: Config) -> int:
    started = time.monotonic()
    data_dir = DataDir(config.data_dir)
    data_dir.open(min_free_mb=config.min_free_disk_mb)
    try:
        asyncio.run(_run(config, data_dir, started))
    finally:
        data_dir.close()
    return 0


async def _run(config: Config, data_dir: DataDir, started: float) -> None:
    console = Console(verbose=config.verbose)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    # Before the ports are chosen: a frozen leftover would still hold the ones that people know.
    if ended := await asyncio.to_thread(end_leftovers, data_dir.path):
        console.say(f"ended {len(ended)} processes that an earlier, killed supervisor left behind", colour=33)
    stack = Stack(config, data_dir, console)
    try:
        if await _brought_up(stack, stop):
            console.say(
                f"everything is ready after {time.monotonic() - started:.1f} s; sign in as {people.FIRST_ADMIN.email}, "
                f"whose password is in {data_dir / 'stack.json'}"
            )
            console.announce(f"Trace is ready at {stack.public_url}")
            await stack.follow(stop)
            console.say("stopping")
    finally:
        await stack.down()
        console.end_status()
    console.say("stopped; the data is kept")


async def _brought_up(stack: Stack, stop: asyncio.Event) -> bool:
    """False when somebody said stop before it was ready."""
    up_, stopped = asyncio.create_task(stack.up()), asyncio.create_task(stop.wait())
    await asyncio.wait({up_, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not up_.done():
        up_.cancel()
        await asyncio.wait({up_})
        return False
    try:
        up_.result()
    except BaseExceptionGroup as group:
        if cause := cause_of(group):
            raise cause from None
        raise
    return True


def reset(config: Config) -> int:
    data_dir = DataDir(config.data_dir)
    if not data_dir.path.exists():
        print(f"There is nothing to forget: {data_dir.path} does not exist.")
        return 0
    data_dir.claim()
    try:
        end_leftovers(data_dir.path)
        forget_cluster(data_dir.path)
        shutil.rmtree(data_dir.path)
    finally:
        data_dir.close()
    print(f"{data_dir.path} is gone. `make up` starts anew.")
    return 0


def _refuse(verb: str, message: str, code: int) -> int:
    print(f"{'Trace did not start.' if verb == 'up' else 'Nothing was reset.'} {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
