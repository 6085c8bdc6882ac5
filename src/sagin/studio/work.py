"""One queue of work for all sessions, done by other processes: nothing that is computed holds up a page.

A session has one request at a time. One that is outdated leaves the queue at once; if it is being computed it may end,
and after a while its process is ended instead.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from sagin.core.errors import InputError

GRACE_S = 2.0  # that an outdated computation gets to end by itself, which keeps its warm process
LIVE_S, LONG_S = 300.0, 3600.0  # the first request of a system may have to compile it


@dataclass
class Call:
    """A piece of work in the queue; a newer one of the same session takes its place there, not the last one."""

    function: Callable[..., Any] | None
    arguments: tuple = ()
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Desk:
    """Processes that compute: some for what follows the slider, one for what runs in the background."""

    def __init__(self, live: int | None = None) -> None:
        cores = os.cpu_count() or 2
        self.n_live = live or max(2, cores // 2)
        self.threads = max(1, cores // self.n_live)
        self._live: CapacityLimiter | None = None
        self._long: CapacityLimiter | None = None

    def is_busy(self) -> bool:
        """Is something being computed for what follows a slider, so that whoever asks may as well wait for more?"""
        return self._live is not None and self._live.borrowed_tokens > 0

    async def now(self, begun: asyncio.Event, function: Callable[..., Any], *arguments: Any) -> Any:
        """The answer of a short piece of work; cancelling it ends its process. `begun` is set when its turn comes."""
        return await self.take(Call(function, arguments, begun))

    async def take(self, call: Call) -> Any:
        """The same for a call that may still be changed while it waits."""
        self._live = self._live or CapacityLimiter(self.n_live)
        return await _ask(self._live, LIVE_S, call)

    async def later(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The answer of a piece of a long work, one after the other whoever asks."""
        self._long = self._long or CapacityLimiter(1)
        return await _ask(self._long, LONG_S, Call(function, arguments))


async def _ask(limiter: CapacityLimiter, most_s: float, call: Call) -> Any:
    async with limiter:  # waiting for a turn does not count
        if call.function is None:  # outdated, and nothing newer is asked yet
            raise asyncio.CancelledError
        call.begun.set()
        try:
            async with asyncio.timeout(most_s):
                return await to_process.run_sync(
                    call.function, *call.arguments, cancellable=True, limiter=CapacityLimiter(1)
                )
        except TimeoutError:
            raise InputError("request", "too large", f"done within {most_s:g} s", "fewer drops or schemes") from None
        except BrokenWorkerProcess:
            raise InputError("request", "ended", "smaller", "the process that computed it ended") from None


class Turn:
    """The latest request of one session: a new one takes the place of the one before."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.number = 0
        self.tasks: dict[asyncio.Task, Call] = {}
        self.place: asyncio.Task | None = None  # in the queue, of an outdated request

    def begin(self, grace_s: float | None = None) -> int:
        """Number of a new request; those before are outdated.

        What waits leaves its place to the new one, what runs ends after a while.
        """
        self.number += 1
        loop = asyncio.get_running_loop()
        self.place = None
        for task, call in self.tasks.items():
            if call.begun.is_set():
                loop.call_later(GRACE_S if grace_s is None else grace_s, task.cancel)
            elif self.place is None:
                self.place, call.function = task, None
                call.left.set_result(None)
            else:
                task.cancel()
        return self.number

    def is_latest(self, number: int) -> bool:
        """Is nothing newer asked for?"""
        return number == self.number

    async def ask(self, number: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """The answer of a piece of work of a request; CancelledError where that was outdated meanwhile."""
        if not self.is_latest(number):
            raise asyncio.CancelledError
        task, self.place = self.place, None
        if task is not None and task in self.tasks:
            call = self.tasks[task]
            call.function, call.arguments, call.left = function, arguments, asyncio.get_running_loop().create_future()
        else:
            call = Call(function, arguments)
            task = asyncio.ensure_future(self.desk.take(call))
            self.tasks[task] = call
            task.add_done_callback(self._done)
        left = call.left
        await asyncio.wait((task, left), return_when=asyncio.FIRST_COMPLETED)
        if left.done() or not self.is_latest(number):
            raise asyncio.CancelledError
        return task.result()

    def _done(self, task: asyncio.Task) -> None:
        self.tasks.pop(task, None)
        if not task.cancelled():
            task.exception()  # told to whoever still waits; to nobody else

    def end(self) -> None:
        """The session is over: nobody waits any more."""
        self.number += 1
        for task in list(self.tasks):
            task.cancel()
