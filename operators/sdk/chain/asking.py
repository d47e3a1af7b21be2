"""Questions to the chain, several on their way at once, and each asked again where its answer does not hold together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from operators.sdk.chain.checking import Torn
from operators.sdk.config import Config
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.rpc import Call, NodeError, Rpc
from operators.sdk.task import Range, TaskContext

# A node answers no faster with more, and a provider counts them.
IN_FLIGHT = 4
# Before a piece is asked for once more: what passes, passes in such times.
PAUSES = (0.2, 1.0, 3.0)
# How providers say that an answer would be too large; each has its own words.
_TOO_MUCH = ("more than", "too large", "too big", "too many", "exceed", "block range", "response size", "timeout", "timed out")
T = TypeVar("T")


class Stopped(Retry):
    """Raised, not returned: what ends without an error is published."""

    def __init__(self) -> None:
        super().__init__("It was asked to stop in the middle of a range.")


@dataclass(frozen=True)
class Question(Generic[T]):
    """`take` makes something of the answers, and raises Torn where they do not belong together. It runs in any thread.

    `part` is the same of fewer blocks and `join` puts parts together, for providers that give only so much in one answer.
    """

    of: Range
    calls: Sequence[Call]
    take: Callable[[Sequence[Any]], T]
    part: Callable[[Range], Question[T]] | None = None
    join: Callable[[T, T], T] | None = None


@dataclass
class Asking:
    """Of one task, at one pool."""

    task: TaskContext[Config]
    rpc: Rpc
    # How often a node was called, and how often a piece had to be asked for once more.
    requests: int = 0
    repeated: int = 0
    pauses: Sequence[float] = PAUSES
    _known: list[str] | None = field(default=None)
    # For as long as the task: each thread has a connection of its own.
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="asking"))

    def close(self) -> None:
        """Of a task that ends nothing may go on."""
        self._threads.shutdown(cancel_futures=True)

    def head(self) -> int:
        return int(self.call("eth_blockNumber"), 16)

    def call(self, method: str, *params: Any) -> Any:
        return self.one(Question(Range(0, 0), [Call(method, params)], lambda answers: answers[0]), lambda _: None)

    def all(self, questions: Iterable[Question[T]], accept: Callable[[T], None]) -> Iterator[T]:
        """In their order. `accept` sees each answer beside those before it, and raises Torn for one that does not follow."""
        waiting: deque[tuple[Question[T], Future[T]]] = deque()
        try:
            for question in questions:
                waiting.append((question, self._threads.submit(self._ask, question, "")))
                if len(waiting) > IN_FLIGHT:
                    yield self._settled(*waiting.popleft(), accept)
            while waiting:
                yield self._settled(*waiting.popleft(), accept)
        finally:
            for _, future in waiting:
                future.cancel()

    def one(self, question: Question[T], accept: Callable[[T], None]) -> T:
        return self._with_patience(question, lambda: self._ask(question, ""), accept)

    def _settled(self, question: Question[T], future: Future[T], accept: Callable[[T], None]) -> T:
        return self._with_patience(question, future.result, accept)

    def _with_patience(self, question: Question[T], first: Callable[[], T], accept: Callable[[T], None]) -> T:
        """The first answer, then whoever of the pool gives one that holds; and the reason of the first that did not, if nobody does."""
        if self.task.cancelled:
            raise Stopped
        attempts: list[tuple[str, Callable[[], T]]] = [("", first)]
        problems: list[tuple[str, Exception]] = []
        while attempts:
            provider, ask = attempts.pop(0)
            self.requests += len(question.calls)
            try:
                answer = self._whole(question, ask)
                accept(answer)
            except (Torn, NodeError, Retry) as problem:
                problems.append((provider or self.rpc.answered_by, problem))
                attempts = attempts or self._next(question, len(problems))
            else:
                self.repeated += len(problems)
                return answer
        raise self._why(question, problems)

    def _whole(self, question: Question[T], ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (NodeError, Retry) as problem:
            of = question.of
            if question.part is None or question.join is None or of.start == of.end or not _is_too_much(problem):
                raise
            middle = (of.start + of.end) // 2
            low, high = (
                self.one(question.part(one), lambda _: None) for one in (Range(of.start, middle), Range(middle + 1, of.end))
            )
            return question.join(low, high)

    def _next(self, question: Question[T], failed: int) -> list[tuple[str, Callable[[], T]]]:
        """After a pause everybody of the pool in turn, and whoever the pool chooses where it does not say who is there."""
        everybody = self._providers()
        done = (failed - 1) // max(len(everybody), 1)
        if done >= len(self.pauses):
            return []
        self.task.wait(self.pauses[done])
        if self.task.cancelled:
            raise Stopped
        return [(one, lambda one=one: self._ask(question, one)) for one in everybody]  # type: ignore[misc]

    def _why(self, question: Question[Any], problems: Sequence[tuple[str, Exception]]) -> Exception:
        """What nobody of the pool can do no other attempt can; what somebody could may pass."""
        refused = [(name, error) for name, error in problems if isinstance(error, NodeError) and error.is_unsupported]
        if len(refused) == len(problems):
            who = ", ".join(sorted({name for name, _ in refused if name})) or "its node"
            return ConfigurationError(
                f"The pool {self.rpc.pool} cannot answer {self._refused(question)}: {who} says {refused[0][1].args[0]}. Name a pool whose"
                " providers can."
            )
        said = next((error for _, error in problems if isinstance(error, Torn)), problems[-1][1])
        return Retry(
            f"Blocks {question.of.key} were asked for {len(problems)} times, and never came whole: {str(said).rstrip('.')}."
            " Another attempt may find them."
        )

    def _refused(self, question: Question[Any]) -> str:
        """Which method it is: the answer to a batch does not say."""
        calls = {call.method: call for call in question.calls}
        for call in calls.values():
            try:
                self.rpc.call(call.method, call.params)
            except NodeError:
                return call.method
            except Retry:
                continue
        return " or ".join(calls)

    def _providers(self) -> list[str]:
        if self._known is None:
            try:
                self._known = list(self.rpc.providers()) or [""]
            except Retry:
                return [""]
        return self._known

    def _ask(self, question: Question[T], provider: str) -> T:
        return question.take(self.rpc.batch(question.calls, provider=provider))


def _is_too_much(problem: Exception) -> bool:
    words = str(problem).lower()
    return any(one in words for one in _TOO_MUCH) and "rate" not in words and "requests" not in words
