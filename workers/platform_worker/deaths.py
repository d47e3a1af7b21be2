"""How a child's end is told to whoever runs the job."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence

_SIGNALS = {
    signal.SIGSEGV: "It touched memory that is not its own",
    signal.SIGABRT: "A library in it gave up",
    signal.SIGBUS: "It touched memory that is not there",
    signal.SIGILL: "It ran an instruction that this machine does not have",
}


def died(code: int, *, memory_mb: int) -> str:
    """The members of a completion that say how a process ended in the middle of a task."""
    return failure("ChildDied", how(code, memory_mb=memory_mb))


def how(code: int, *, memory_mb: int) -> str:
    if code >= 0:
        return f"The process of the operator ended with exit code {code} in the middle of the task."
    number = -code
    if number == signal.SIGKILL:
        return (
            f"The process of the operator was killed (signal 9), most likely because the machine ran out of memory; "
            f"the task may take {memory_mb} MB."
        )
    why = _SIGNALS.get(signal.Signals(number)) if number in set(signal.Signals) else None
    told = f" {why}; near its limit of {memory_mb} MB libraries end like this too." if why else ""
    return f"The process of the operator ended with signal {number} in the middle of the task.{told}"


def not_started(error: OSError) -> str:
    return failure("ChildNotStarted", f"The worker could not start a process: {error.strerror}.")


def secret_refused(names: Sequence[str]) -> str:
    told = ", ".join(names)
    return failure(
        "secret_refused",
        f"A secret cannot be named {told}: a process obeys variables of that name. Set it below Admin → Secrets under another "
        f"name, and name that one in the job.",
        retryable=False,
    )


def secret_unfit(names: Sequence[str]) -> str:
    told = ", ".join(names)
    message = f"The secret {told} holds a NUL, which the environment of a process cannot; write it as text, in base64 say."
    return failure("secret_refused", message, retryable=False)


def timed_out(seconds: float) -> str:
    return failure("TimedOut", f"It was stopped after {seconds:g} s, the timeout of the job; raise it, or do less per task.")


def refused(message: str) -> str:
    return failure("ReportRefused", f"The platform could not read what the task reported: {message}", retryable=False)


def overtaken(code: str, message: str) -> str:
    """What it did was decided by what holds no more: another attempt reads anew."""
    return failure(code, message or "The platform refused what the task reported; another attempt may be taken.")


def failure(kind: str, message: str, *, retryable: bool = True) -> str:
    return f'"error":{json.dumps({"type": kind, "message": message, "retryable": retryable})}'
