"""Notices to pages: one connection for all of them, each told of its own, none held on to."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client

from apps.runs import live
from apps.runs.live import CHANNEL, Hub
from tests.apps.runs.makers import browser
from tests.factories import Persona

pytestmark = pytest.mark.django_db
ONE, OTHER = uuid4(), uuid4()


def dsn() -> str:
    params = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(**{name: params[name] for name in ("host", "port", "user", "password", "dbname")})


async def tell(about: UUID | str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn(), autocommit=True) as speaking:
        await speaking.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(about)])


async def first_of(stream) -> bytes:  # type: ignore[no-untyped-def]
    """Past the greeting: the look that whoever waits takes when listening begins."""
    assert await anext(stream) == b"retry: 3000\n\n"
    return await asyncio.wait_for(anext(stream), 10)


def run(act) -> None:  # type: ignore[no-untyped-def]
    """In a thread of its own: a test of the browser may have left a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, act()).result()


def test_who_waits_is_told_of_their_own_and_of_nothing_else() -> None:
    async def act() -> None:
        hub = Hub(dsn())
        one, other = hub.stream(ONE), hub.stream(OTHER)
        assert await first_of(one) == b"data: changed\n\n"
        await anext(other)
        heard, unheard = asyncio.ensure_future(anext(one)), asyncio.ensure_future(anext(other))
        await tell("no id at all")
        await tell(ONE)

        assert await asyncio.wait_for(heard, 10) == b"data: changed\n\n"
        assert not unheard.done()
        unheard.cancel()
        await asyncio.gather(unheard, return_exceptions=True)
        await one.aclose()

    run(act)


def test_a_stream_that_ends_leaves_nothing_behind() -> None:
    async def act() -> None:
        hub = Hub(dsn())
        stream = hub.stream(ONE)
        await first_of(stream)
        listener = hub._listener
        await stream.aclose()

        assert not hub._waiting and hub._listener is None and listener is not None
        await asyncio.gather(listener, return_exceptions=True)

    run(act)


def test_there_are_only_so_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act() -> None:
        monkeypatch.setattr(live, "MOST_STREAMS", 0)

        assert [part async for part in live.stream(ONE)] == []

    run(act)


def test_a_server_without_a_loop_tells_the_browser_not_to_come_back(reader: Persona) -> None:
    assert browser(reader).get(f"/o/{reader.org.slug}/runs/live").status_code == 204


def test_nobody_listens_to_an_org_that_is_not_theirs(stranger: Persona, reader: Persona) -> None:
    assert browser(stranger).get(f"/o/{reader.org.slug}/runs/live").status_code == 404
    assert Client().get(f"/o/{reader.org.slug}/runs/live").status_code == 302
