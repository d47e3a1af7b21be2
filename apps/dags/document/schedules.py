"""When a cron source fires. Five-field cron, `rate(5 minutes)`, and `cron(...)` with five fields or AWS's six; UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

_RATE = re.compile(r"rate\(\s*([0-9]{1,6})\s+(minute|hour|day)s?\s*\)")
_CRON = re.compile(r"cron\((.*)\)", re.DOTALL)
_NEVER = "No year has such a date: it would never fire."
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


class BadSchedule(ValueError):
    """The message says what is wrong."""


@dataclass(frozen=True)
class Schedule:
    """Either every so often, counted from a fixed instant, or by a cron expression."""

    every: timedelta | None = None
    cron: str = ""

    def ticks_after(self, instant: datetime) -> Iterator[datetime]:
        """For ever, unless a cron expression runs out of days."""
        if self.every is None:
            yield from CronSim(self.cron, instant)
            return
        number = (instant - _EPOCH) // self.every
        while True:
            number += 1
            yield _EPOCH + number * self.every


def parse_schedule(text: str) -> Schedule:
    """Raises BadSchedule."""
    text = text.strip()
    if text.startswith("rate("):
        return _rate(text)
    inside = _CRON.fullmatch(text)
    fields = (inside[1] if inside else text).split()
    if len(fields) == 6 and inside:
        fields = _from_aws(fields)
    if len(fields) != 5:
        raise BadSchedule(f"A cron expression has five fields (minute, hour, day, month, weekday); this has {len(fields)}.")
    schedule = Schedule(cron=" ".join(fields))
    try:
        next(schedule.ticks_after(_EPOCH))
    except CronSimError as error:
        if _is_no_date(schedule.cron):
            raise BadSchedule(_NEVER) from None
        raise BadSchedule(f"This is no cron expression: {_said(error)}.") from error
    except StopIteration:
        raise BadSchedule(_NEVER) from None
    return schedule


def _is_no_date(cron: str) -> bool:
    """Whether days and months are right, and no such month has such a day."""
    minute, hour, day, month, weekday = cron.split()
    return _is_cron(f"{minute} {hour} {day} * {weekday}") and _is_cron(f"{minute} {hour} * {month} {weekday}")


def _is_cron(cron: str) -> bool:
    try:
        CronSim(cron, _EPOCH)
    except CronSimError:
        return False
    return True


def _rate(text: str) -> Schedule:
    found = _RATE.fullmatch(text)
    if not found:
        raise BadSchedule("A rate is written `rate(5 minutes)`, with minutes, hours or days.")
    if int(found[1]) == 0:
        raise BadSchedule("A rate of 0 would never end.")
    return Schedule(every=timedelta(**{f"{found[2]}s": int(found[1])}))


def _from_aws(fields: list[str]) -> list[str]:
    """Minutes, hours, day, month, weekday (1 is Sunday), year. AWS wants a `?` in one of the two days; `*` says the same, and is taken."""
    if fields[5] not in {"*", "?"}:
        raise BadSchedule("The sixth field, the year, can only be `*`.")
    day, weekday = ("*" if one == "?" else one for one in (fields[2], fields[4]))
    if day != "*" and weekday != "*":
        raise BadSchedule("With `cron(...)` of six fields, the day of the month or the weekday is `?` or `*`.")
    weekday = re.sub(r"(?<![/#\dA-Z])[1-7](?!\d)", lambda one: str(int(one[0]) - 1), weekday)
    return [fields[0], fields[1], day, fields[3], weekday]


def _said(error: CronSimError) -> str:
    words = str(error)
    return words[:1].lower() + words[1:].rstrip(".")
