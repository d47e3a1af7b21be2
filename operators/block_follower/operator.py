from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from operators.block_follower.config import BlockFollowerConfig
from operators.block_follower.fetching import AT_ONCE, Fetcher
from operators.block_follower.following import Follower
from operators.block_follower.waiting import Announcements
from operators.block_follower.window import Window
from operators.block_follower.writing import Writer
from operators.sdk.chain.checking import Torn
from operators.sdk.errors import Retry
from operators.sdk.rpc import NodeError, require_chain
from operators.sdk.task import TaskContext

# While the chain or the tables do not answer it tries again itself: an attempt more would only begin with the same.
_LONGEST_PAUSE_SECONDS, _PATIENCE = 15.0, 20


class BlockFollower:
    def run(self, task: TaskContext[BlockFollowerConfig]) -> None:
        rpc = task.rpc(task.config.rpc_pool)
        window = Window.read(task.state.get(), depth=task.config.max_reorg_depth)
        writer = Writer(task, window)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as threads, Announcements(rpc, task) as announced:
            follower = Follower(task, rpc, Fetcher(rpc, threads, with_receipts=writer.needs_receipts), window, writer)
            has_begun, failures = False, 0
            while not task.cancelled:
                try:
                    if not has_begun:
                        require_chain(rpc, int(rpc.call("eth_chainId"), 16), task.config.chain_id)
                        follower.begin()
                        has_begun = True
                    while follower.step(announced.newest or follower.fetcher.head()) and not task.cancelled:
                        announced.newest, failures = None, 0
                    failures = 0
                    announced.wait()
                except (Retry, Torn, NodeError) as error:
                    failures += 1
                    # In the middle of a reorg: it is settled before anything else is written.
                    has_begun = has_begun and window.redo is None
                    _bear(task, error, failures)
                    announced.newest = None


def _bear(task: TaskContext[BlockFollowerConfig], error: Exception, failures: int) -> None:
    """Raises it in the end: another attempt may run elsewhere."""
    if failures >= _PATIENCE:
        raise error if isinstance(error, Retry) else Retry(f"The chain gives no whole answer: {error}")
    pause = min(0.1 * 2**failures, _LONGEST_PAUSE_SECONDS)
    # One piece of another fork, in the moment of a reorg, is nothing to tell anybody of.
    if failures > 1:
        task.log.warning("it tries again in a moment", why=str(error), seconds=round(pause, 1))
        task.progress(0, None, str(error)[:150])
    task.wait(pause)
