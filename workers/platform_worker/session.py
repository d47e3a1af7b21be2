"""A batch of attempts in one child process: what it says of them, until each has an end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from pydantic_core import from_json

from apps.platform.contracts import STATE_MOVED, Ending, Progress
from apps.platform.errors import Permanent, Transient
from workers.child.frames import Message, NotAFrame
from workers.platform_worker import deaths
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.child import Child
from workers.platform_worker.internal_plane import Fenced, InternalPlane

log = structlog.get_logger("trace.worker")

# How often a limit of time is looked at beside its own hour.
LOOK_SECONDS = 0.5
# Between the word and the kill.
POLITE_SECONDS = 2.0
# What was sent along with a task that takes longer than this is taken back.
SLOW_SECONDS = 0.1
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 5.0
# Without keys to the store, or a way to a table, nothing is read or written: sooner another attempt than a place that is held.
PLACE_SECONDS = 20.0


class Ended(Protocol):
    def __call__(self, attempt: Attempt, ending: Ending, body: str = "", *, seconds: float | None = None) -> None: ...


@dataclass(frozen=True)
class Surroundings:
    """What a session tells others."""

    plane: InternalPlane
    ended: Ended
    has_lines: Callable[[Attempt], None]
    # It waits behind one that takes long, and may run elsewhere.
    not_begun: Callable[[Sequence[Attempt]], None]
    # The platform refused an event of it, because somebody canceled it.
    canceled: Callable[[Attempt], None]


class Session:
    """`reason` says afterwards why the child cannot be used again; empty when it can."""

    def __init__(self, child: Child, batch: Sequence[Attempt], around: Surroundings) -> None:
        self._child, self._around = child, around
        self._left = deque(batch)
        self._began_at = time.monotonic()
        self._partial = b""
        self._has_more = len(self._left) > 1
        self._calls = {
            "credentials": self._mint,
            "inputs": self._list,
            "batch": self._hand_over,
            "table": self._open_table,
            "pool": self._open_pool,
            "feed": self._open_feed,
            "hot": self._read_table,
        }
        self.reason = ""
        # What the child's start took, when this batch was its first.
        self.start_seconds = 0.0

    def run(self) -> list[Attempt]:
        """Returns the attempts that never began, because the child ended before."""
        try:
            self._child.run(self._left)
        except OSError:
            self.reason = "died"
            return list(self._left)
        for attempt in self._left:
            if attempt.kill_at is not None:  # asked to stop before there was a child to tell
                self._child.tell({"cancel": attempt.serial})
        while self._left and not self.reason:
            self._turn()
        return list(self._left)

    def _turn(self) -> None:
        attempt = self._left[0]
        if not attempt.journal.wait_for_room(LOOK_SECONDS):
            self._watch(attempt)
            return
        try:
            said = self._child.read(self._patience(attempt))
            # Before the messages: the end of a task is told after everything that it printed was read.
            self._take_output(said.output)
            for message in said.messages:
                self._take(message)
        except (NotAFrame, KeyError, TypeError, ValueError, StopIteration) as error:
            self._give_up(deaths.failure("ChildDied", f"The process of the operator broke its connection to the worker: {error}"))
            return
        if said.is_over and self._left and not self.reason:
            self._take_death()
        elif self._left:
            self._watch(self._left[0])

    # What it says

    def _take(self, message: Message) -> None:
        if not self._left:
            return  # somebody else's thread, after its task has ended
        attempt = self._left[0]
        if "log" in message:
            self._line(attempt, message["log"], message["at"], message["text"])
        elif "done" in message:
            self._take_end(attempt, message)
        elif "loaded" in message:
            # What its imports took is not the task's time.
            began_at, self._began_at = self._began_at, time.monotonic()
            self.start_seconds = self._began_at - began_at
        elif "progress" in message:
            attempt.progress, attempt.has_news = Progress.model_validate(message["progress"]), True
        elif "events" in message:
            self._ask(attempt, _members(message["events"]), self._report)
        else:
            ((name, members),) = message.items()
            self._ask(attempt, _members(members), self._calls[name], seconds=PLACE_SECONDS)

    def _take_end(self, attempt: Attempt, message: Message) -> None:
        if message["done"] != attempt.serial:
            raise NotAFrame("it told the end of another task")
        # Read before it counts as ended: what is nonsense fails this attempt, not the next one.
        ending, body, seconds = Ending(message["ending"]), _members(message["body"]), float(message["seconds"])
        is_spoilt, has_stopped = message["spoilt"], message["stopped"]
        self._end_partial_line()
        self._left.popleft()
        self._began_at = time.monotonic()
        if is_spoilt:
            self.reason = "spoilt"
        if attempt.is_handed_back and not has_stopped and not attempt.is_canceled:
            attempt.is_handed_back = False  # it had not even noticed, and did all its work
        self._end(attempt, ending, body, seconds=seconds)

    def _report(self, body: str, token: str) -> Message:
        return {"state_revision": self._around.plane.report_events(body, token=token).state_revision}

    def _mint(self, body: str, token: str) -> Message:
        return {"keys": self._around.plane.mint_credentials(body, token=token).model_dump(mode="json")}

    def _hand_over(self, body: str, token: str) -> Message:
        return {"batch": self._around.plane.publish_buffer(body, token=token).model_dump(mode="json")}

    def _open_table(self, body: str, token: str) -> Message:
        return {"table": self._around.plane.open_table(body, token=token).model_dump(mode="json")}

    def _read_table(self, body: str, token: str) -> Message:
        return {"opened": self._around.plane.read_table(body, token=token).model_dump(mode="json")}

    def _open_pool(self, body: str, token: str) -> Message:
        return {"opened": self._around.plane.open_pool(body, token=token).model_dump(mode="json")}

    def _open_feed(self, body: str, token: str) -> Message:
        return {"feed": self._around.plane.open_feed(body, token=token).model_dump(mode="json")}

    def _list(self, body: str, token: str) -> Message:
        return {"page": self._around.plane.list_inputs(body, token=token).model_dump(mode="json")}

    def _ask(self, attempt: Attempt, members: str, call: Callable[[str, str], Message], *, seconds: float | None = None) -> None:
        """The child waits for the answer, so this thread may as well; for `seconds` where the attempt is better off failing."""
        body, pause = f"{{{attempt.fence},{members}}}", PAUSE_SECONDS
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                answer = call(body, attempt.token)
            except Transient as error:
                log.warning("child_not_answered", task_id=str(attempt.task_id), error=str(error))
                if attempt.is_lost or self._must_be_killed(attempt):
                    return
                if until is not None and time.monotonic() + pause > until:
                    self._child.tell({"away": str(error)})
                    return
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except Fenced as error:
                self._lose(attempt, error)
                return
            except Permanent as error:
                self._child.tell({"refused": str(error)})
                return
            else:
                self._child.tell(answer)
                return

    def _lose(self, attempt: Attempt, error: Fenced) -> None:
        if error.code == "canceled":
            self._around.canceled(attempt)
        elif error.code != STATE_MOVED:
            attempt.is_lost = True
        self._child.tell({"lost": True})
        self._give_up(deaths.overtaken(error.code, str(error)))

    def _take_output(self, output: bytes) -> None:
        if not output or not self._left:
            return
        *lines, self._partial = (self._partial + output).split(b"\n")
        for line in lines:
            self._print(line)
        if len(self._partial) > 16_384:
            self._end_partial_line()

    def _end_partial_line(self) -> None:
        if self._partial:
            line, self._partial = self._partial, b""
            self._print(line)

    def _print(self, line: bytes) -> None:
        attempt = self._left[0]
        if attempt.journal.add_output(line.decode("utf-8", "replace").rstrip("\r").replace("\x00", "�")):
            self._around.has_lines(attempt)

    def _line(self, attempt: Attempt, level: str, at: str, text: str) -> None:
        if attempt.journal.add(level, at, text) or attempt.journal.is_urgent:
            self._around.has_lines(attempt)

    # What happens to it

    def _patience(self, attempt: Attempt) -> float:
        slow_at = self._began_at + SLOW_SECONDS if self._has_more else None
        until = [limit for limit in (self._deadline(attempt), attempt.kill_at, slow_at) if limit is not None]
        return max(min([LOOK_SECONDS, *(limit - time.monotonic() for limit in until)]), 0.001)

    def _deadline(self, attempt: Attempt) -> float | None:
        return None if attempt.timeout_seconds is None else self._began_at + attempt.timeout_seconds

    def _watch(self, attempt: Attempt) -> None:
        deadline = self._deadline(attempt)
        if self._has_more and time.monotonic() >= self._began_at + SLOW_SECONDS:
            self._take_back()
        if attempt.is_lost or self._must_be_killed(attempt):
            self._give_up()
        elif deadline is not None and time.monotonic() >= deadline and attempt.timeout_seconds is not None:
            self._ask_to_end()
            self._give_up(deaths.timed_out(attempt.timeout_seconds))

    def _take_back(self) -> None:
        serials = self._child.take_back()
        self._has_more = False
        taken = [attempt for attempt in self._left if attempt.serial in serials]
        self._left = deque(attempt for attempt in self._left if attempt.serial not in serials)
        if taken:
            self._around.not_begun(taken)

    def _must_be_killed(self, attempt: Attempt) -> bool:
        return attempt.kill_at is not None and time.monotonic() >= attempt.kill_at

    def _ask_to_end(self) -> None:
        """What it prints as it goes down is kept; what it reports no longer counts."""
        self._child.ask_to_end()
        until = time.monotonic() + POLITE_SECONDS
        while (left := until - time.monotonic()) > 0:
            try:
                said = self._child.read(left)
            except NotAFrame:
                return
            self._take_output(said.output)
            if said.is_over:
                return

    def _take_death(self) -> None:
        code = self._child.end("died")
        self.reason = "died"
        self._end_partial_line()
        attempt = self._left.popleft()
        self._end(attempt, Ending.FAILED, deaths.died(code, memory_mb=attempt.pair.memory_mb))

    def _give_up(self, body: str = "") -> None:
        self._child.end("killed")
        self.reason = "killed"
        self._end_partial_line()
        self._end(self._left.popleft(), Ending.FAILED, body)

    def _end(self, attempt: Attempt, ending: Ending, body: str, *, seconds: float | None = None) -> None:
        """What was asked to stop has stopped, however it says it did."""
        if attempt.is_canceled:
            ending, body = Ending.CANCELED, ""
        elif attempt.is_handed_back:
            ending, body = Ending.HANDED_BACK, ""
        self._around.ended(attempt, ending, body, seconds=seconds)


def _members(text: str) -> str:
    """Of one body. Raises ValueError for what would end it, and begin somebody else's in the same batch."""
    from_json(f"{{{text}}}")
    return text
