"""One page and what it holds: its state, the answer to it, who must be told of a change. Ends with its page."""

from __future__ import annotations

import asyncio
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from sagin.core.errors import InputError
from sagin.studio import compute
from sagin.studio.charts import Look
from sagin.studio.compute import Answer
from sagin.studio.state import State
from sagin.studio.work import LIVE_S, Desk, Turn

DEBOUNCE_S = 0.06
SLOW_S = 0.7  # after which a page says that code is being loaded or compiled
DRAW_AFTER_S = 0.03  # an answer came: its numbers travel first
Change = Literal["state", "answer", "picture", "look", "status"]


def forgetful(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A handler of uploads that does not keep its page alive: the web framework keeps routes of uploads for good."""
    known = weakref.WeakMethod(method)

    async def handle(event: Any) -> None:
        found = known()
        if found is not None:
            await found(event)

    return handle


@dataclass
class Studio:
    """What all pages share: the folder, the processes, how many pages there are."""

    folder: Path
    desk: Desk = field(default_factory=Desk)
    most_sessions: int = 200
    sessions: set[Session] = field(default_factory=set)
    warm: set[str] = field(default_factory=set)  # systems that have answered: their code is compiled
    cold: dict[str, asyncio.Lock] = field(default_factory=dict)


class Session:
    """One page. Panels listen to changes of the `state`, of the `answer`, of the `look` and of the `status`.

    `picture` is told a little after `answer`, and where only what is drawn was chosen anew.
    """

    def __init__(self, studio: Studio, state: State) -> None:
        if len(studio.sessions) >= studio.most_sessions:
            raise InputError(
                "sessions", len(studio.sessions) + 1, f"at most {studio.most_sessions}", "close some pages"
            )
        self.studio, self.state, self.look = studio, state, Look()
        self.answer: Answer | None = None
        self.error: InputError | None = None
        self.status = ""
        self.turn = Turn(studio.desk)
        self.asked = state.system
        self.drawing: asyncio.TimerHandle | None = None
        self.background: set[asyncio.Task] = set()
        self.listeners: dict[str, list[Callable[[], Any]]] = {}
        studio.sessions.add(self)

    def on(self, change: Change, listener: Callable[[], Any]) -> None:
        """Call a function at every such change."""
        self.listeners.setdefault(change, []).append(listener)

    def tell(self, change: Change) -> None:
        """Call all who listen to a change."""
        for listener in self.listeners.get(change, ()):
            listener()

    def put(self, state: State) -> None:
        """Another state: decided again if that can change the answer."""
        before, self.state = self.state, state
        self.tell("state")
        deciding = ("system", "fields", "seeds", "schemes")
        if any(getattr(before, name) != getattr(state, name) for name in deciding):
            if before.system != state.system:
                self.answer = None
            self.decide()
        else:
            self.tell("picture")

    def change(self, **parts: Any) -> None:
        """The state with some parts changed."""
        self.put(replace(self.state, **parts))

    def decide(self) -> None:
        """Ask for the answer to the state; what was asked before is outdated."""
        compiling = self.asked not in self.studio.warm
        number = self.turn.begin(LIVE_S if compiling else None)  # ended early, it would begin again and again
        self.asked = self.state.system
        task = asyncio.get_running_loop().create_task(self._decide(number))
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    async def _decide(self, number: int) -> None:
        await asyncio.sleep(DEBOUNCE_S if self.studio.desk.is_busy() else 0)
        if not self.turn.is_latest(number):
            return
        state, studio = self.state, self.studio
        slow = asyncio.get_running_loop().call_later(SLOW_S, self._say_slow, number)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they are told with the answer
                compute.check_size(state)
            n = len(state.numbers())
            self._say("deciding")
            for count in dict.fromkeys((1, n)):
                answer = await self._ask(number, state, count)
                slow.cancel()
                self._take(answer, "" if count == n else f"1 of {n} drops so far")
            spaces = tuple(dict.fromkeys(part.space for part in answer.about.values()))
            if n > compute.MOST_BOUNDED:
                self._say(f"bounds are computed for at most {compute.MOST_BOUNDED} drops here")
                return
            self._say("computing certified bounds")
            found, silent = await self.turn.ask(number, compute.bounds, state, spaces, n, studio.desk.threads)
            self._take(replace(answer, bounds=found, unbounded=silent), "")
        except asyncio.CancelledError:
            pass
        except Exception as error:
            if self.turn.is_latest(number):
                self._fail(error)
        finally:
            slow.cancel()

    async def _ask(self, number: int, state: State, count: int) -> Answer:
        """Schemes decided side by side; of a system that must be compiled, one request at a time, whoever asks."""
        studio = self.studio
        place = (str(studio.folder), count, studio.desk.threads)
        if state.system not in studio.warm:
            async with studio.cold.setdefault(state.system, asyncio.Lock()):
                if state.system not in studio.warm:
                    answer: Answer = await self.turn.ask(number, compute.decide, state, *place)
                    studio.warm.add(state.system)
                    return answer
        alone = [state] if studio.desk.is_busy() else compute.alone(state)  # a busy machine has nothing to gain by it
        parts = [self.turn.ask(number, compute.decide, part, *place) for part in alone]
        return compute.together(await asyncio.gather(*parts))

    def _take(self, answer: Answer, status: str) -> None:
        self.answer, self.error = answer, None
        self.tell("answer")
        self._say(status)
        if self.drawing is not None:
            self.drawing.cancel()
        self.drawing = asyncio.get_running_loop().call_later(DRAW_AFTER_S, self.tell, "picture")

    def _fail(self, error: Exception) -> None:
        """A bad input in its own words; anything else by its name, and the page lives on."""
        known = isinstance(error, InputError)
        self.error = error if known else InputError("request", type(error).__name__, "computable", str(error)[:200])
        self._say("")

    def _say(self, text: str) -> None:
        self.status = text
        self.tell("status")

    def _say_slow(self, number: int) -> None:
        if self.turn.is_latest(number):
            self._say("compiling or loading the code of this system: the first time takes up to a minute")

    def end(self) -> None:
        """The page is gone: stop its work, free what it holds."""
        self.turn.end()
        if self.drawing is not None:
            self.drawing.cancel()
        for task in list(self.background):
            task.cancel()
        self.answer = None
        self.listeners.clear()
        self.studio.sessions.discard(self)
