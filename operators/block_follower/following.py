"""One step after the other: compare what is remembered with the chain, write what is new, write again what is another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from operators.block_follower.config import BlockFollowerConfig
from operators.block_follower.fetching import Fetcher
from operators.block_follower.window import Link, Window
from operators.block_follower.writing import Writer
from operators.sdk.chain.checking import Torn
from operators.sdk.chain.decoding import BlockData, Json
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.rpc import NodeError, Rpc
from operators.sdk.task import Range, TaskContext

# Of one transaction: so many blocks, and about so many transactions of the chain.
MOST_BLOCKS, MOST_ROWS = 100, 10_000
# How often pieces that do not belong together are asked for again before another provider is.
_TRIES, _PAUSE_SECONDS = 3, 0.05
# Hashes that are compared at once on the way back: nearly every reorg is one block deep.
_STEPS = (1, 3, 12, 48, 96)


@dataclass
class Follower:
    task: TaskContext[BlockFollowerConfig]
    rpc: Rpc
    fetcher: Fetcher
    window: Window
    writer: Writer
    # Of the blocks written last, to know how many make a transaction.
    _rows_per_block: float = 1.0
    _reorgs: int = 0

    def begin(self) -> None:
        """What an attempt before this one wrote and did not remember is taken away, or written again."""
        if self.window.redo:
            again = self.window.redo
            self.task.log.warning("an attempt ended in the middle of a reorg; its blocks are written again", blocks=again.key)
            self.writer.clear_above(again.start - 1)
            self.writer.rewrite(again, ())
            return
        if tip := self.window.tip:
            found = self.writer.found(MOST_BLOCKS + 1)
            if not found or tip in found:
                # Above it at most one transaction that nobody was told of.
                self.writer.clear_above(tip.number)
                self._deepen(tip)
            else:
                # Another definition of the job has written the table since.
                self._take_up()
        elif self.window.start is not None:
            self.writer.clear_above(self.window.start - 1)
        elif self.task.resets_outputs:
            self._reset()
        else:
            self._take_up()

    def _deepen(self, tip: Link) -> None:
        """Since it was allowed deeper reorgs than before, it remembers fewer blocks than it needs: the table has the others."""
        if self.window.is_deep_enough(tip) or self.window.holds_everything:
            return
        self.window.deepen(self.writer.found(self.task.config.max_reorg_depth + 1))

    def _reset(self) -> None:
        self.task.log.warning("it begins with nothing, as its DAG says")
        self.writer.empty()

    def _take_up(self) -> None:
        """There is no state that counts, and there may be rows: of an earlier definition of this job, which wrote the same table. Of its last
        transaction nobody may have been told, so those blocks are written and told again.
        """
        most = self.task.config.max_reorg_depth + MOST_BLOCKS + 1
        found = self.writer.found(most)
        start = self.task.config.start_block
        if not found or (start != "latest" and start > found[-1].number + 1):
            return
        first, last = found[0].number, found[-1].number
        self.task.log.info("it goes on where the table ends", block=last)
        again = Range(max(first, last - MOST_BLOCKS + 1), last)
        # Fewer than were asked for are all there are.
        self.window.take_up([link for link in found if link.number < again.start], start=first if len(found) < most else None)
        self.writer.rewrite(again, ())

    def step(self, head: Json) -> bool:
        """Whether there is more to do at once."""
        number = int(head["number"], 16)
        target = number - self.task.config.confirmations
        tip = self.window.tip
        if tip is None:
            return self._first(target)
        fork = self._fork(tip, number, head)
        if fork is None:
            return False
        if fork.number < tip.number:
            return self._rewrite(fork, tip, target)
        return self._append(tip, target)

    def _first(self, target: int) -> bool:
        """Nothing is remembered: from the block that the DAG says, or from where an attempt before began."""
        start = self.window.start
        if start is None:
            said = self.task.config.start_block
            start = max(target, 0) if said == "latest" else said
            self.writer.clear_above(start - 1)
            self.writer.remember_start(start)
        if target < start:
            self.task.progress(0, None, f"waits for block {start:,}")
            return False
        return self._write(start, target, below="")

    def _append(self, tip: Link, target: int) -> bool:
        return target > tip.number and self._write(tip.number + 1, target, below=tip.hash)

    def _write(self, start: int, target: int, *, below: str) -> bool:
        blocks = self._fetched(Range(start, min(target, start + self._at_once - 1)), below)
        self.writer.append(blocks)
        self._note(blocks, target)
        return blocks[-1].number < target

    def _rewrite(self, fork: Link, tip: Link, target: int) -> bool:
        depth, parted = tip.number - fork.number, fork.number + 1
        fork = self._whole(fork, tip)
        end = min(target, fork.number + max(self._at_once, min(depth, MOST_BLOCKS)))
        blocks = self._fetched(Range(fork.number + 1, end), fork.hash) if end > fork.number else []
        if any(block.number == parted and self.window.hash_at(parted) == block.hash for block in blocks):
            raise Torn("the provider first denied a block, and then had it")
        self.task.log.warning("a reorg", depth=depth, blocks=f"{parted}-{tip.number}", was=tip.hash)
        self.window.insert(fork)
        self.writer.rewrite(Range(fork.number + 1, tip.number), blocks)
        self._reorgs += 1
        self.task.metric("reorgs", self._reorgs)
        self.task.metric("last_reorg_depth", depth)
        self._note(blocks, target)
        return bool(blocks) and blocks[-1].number < target

    def _whole(self, fork: Link, tip: Link) -> Link:
        """Below every range that the reorg reaches into and that was compacted and deleted: its files hold blocks that the chain has no more,
        and are made again only of a table that has the whole range.
        """
        start = min((one.start for one in self.writer.gone(Range(fork.number + 1, tip.number))), default=fork.number + 1)
        if start > fork.number:
            return fork
        self.task.log.warning("what was compacted of it is fetched again, to be compacted anew", blocks=f"{start}-{fork.number}")
        if start == 0:
            return Link(-1, "")
        (below,) = self.fetcher.headers([start - 1])
        if below is None:
            raise Torn(f"block {start - 1:,} is denied by a provider that announced a higher one")
        return Link(start - 1, below["hash"])

    # Where the chain and what is remembered part

    def _fork(self, tip: Link, number: int, head: Json) -> Link | None:
        """The highest block that is as it was; None where the chain only seems to be behind us. Raises InputError for a reorg that is too deep."""
        if number == tip.number + 1 and head["parentHash"] == tip.hash:
            return tip
        if number < tip.number and self._still_holds(number, head):
            # A provider that lags, or a chain that went back and has not gone another way yet: what is there still holds.
            return None
        if number == tip.number and head["hash"] == tip.hash:
            return tip
        return self._walked_back(tip, number)

    def _still_holds(self, number: int, head: Json) -> bool:
        """A chain that is shorter than what is written is another one only if a block of it is."""
        if (known := self.window.hash_at(number)) is not None:
            return bool(known == head["hash"])
        below = next(self.window.below(number), None)
        if below is None:
            return True
        (header,) = self.fetcher.headers([below.number])
        return header is None or bool(header["hash"] == below.hash)

    def _walked_back(self, tip: Link, number: int) -> Link:
        known = self.window.below(min(tip.number, number))
        for links in _in_steps(known):
            found = self.fetcher.headers([link.number for link in links])
            for link, header in zip(links, found, strict=True):
                if header is None:
                    raise Torn(f"block {link.number:,} is denied by a provider that announced a higher one")
                if header["hash"] == link.hash:
                    return self._allowed(link, tip)
        if self.window.holds_everything and self.window.start is not None:
            return self._allowed(Link(self.window.start - 1, ""), tip)
        raise self._too_deep(tip)

    def _allowed(self, fork: Link, tip: Link) -> Link:
        """Between blocks of which only one in some is remembered, the depth is known by as many."""
        limit = self.task.config.max_reorg_depth
        if tip.number - fork.number > limit + (16 if limit > 512 else 0):
            raise self._too_deep(tip)
        return fork

    def _too_deep(self, tip: Link) -> InputError:
        limit = self.task.config.max_reorg_depth
        return InputError(
            f"The chain parted from what is written more than {limit:,} blocks below block {tip.number:,}, deeper than `max_reorg_depth`: "
            "the provider may be on another chain, or its node may have begun anew. Nothing was changed. If this is the right chain, raise "
            "`max_reorg_depth`, or deploy with `bootstrap: {reset_outputs: true}` to begin again from `start_block`."
        )

    # Pieces

    def _fetched(self, wanted: Range, below: str) -> list[BlockData]:
        """Raises Torn when no provider gives the range as one whole."""
        torn: Torn | None = None
        for at in range(_TRIES):
            try:
                return self.fetcher.blocks(wanted, below=below)
            except Torn as error:
                torn = error
                self.task.wait(_PAUSE_SECONDS * (at + 1))
        for provider in self.rpc.providers():
            try:
                return self.fetcher.blocks(wanted, below=below, provider=provider)
            except (Torn, Retry, NodeError, ConfigurationError) as error:
                # The next one may be well.
                torn = Torn(str(error))
        raise torn or Torn("nothing was asked")

    @property
    def _at_once(self) -> int:
        return max(1, min(MOST_BLOCKS, int(MOST_ROWS / max(self._rows_per_block, 1))))

    def _note(self, blocks: Sequence[BlockData], target: int) -> None:
        if not blocks:
            return
        self._rows_per_block = sum(len(one.block["transactions"]) for one in blocks) / len(blocks)
        last = blocks[-1].number
        self.task.progress(last, max(target, last), f"block {last:,}" + (f", {target - last:,} behind" if target > last else ""))
        self.task.metric("head", last)
        self.task.metric("blocks_behind", max(target - last, 0))


def _in_steps(links: Iterator[Link]) -> Iterator[list[Link]]:
    at = 0
    while part := list(islice(links, _STEPS[min(at, len(_STEPS) - 1)])):
        yield part
        at += 1
