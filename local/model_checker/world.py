"""The world between two steps: the time, the table, the queue, what RealTime accepted, and who is at work."""

from collections.abc import Hashable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, NamedTuple

from local.model_checker.invocation import Course
from local.model_checker.scenario import START, Bounds
from local.model_checker.table import Items, at_rest, essence


class Message(NamedTuple):
    """One queue message, by its number: when it is visible, and what became of it.

    The first are the scenario's. If some of these are to be sent later, or are moved, as many follow: those that
    schedules bring back, and those on the promotional queue.
    """

    sent: int
    visible_at: float = START
    expires_at: float | None = None
    receives: int = 0
    gone: bool = False  # acknowledged
    buried: bool = False  # a copy is in the dead-letter queue, for it was rejected
    dead: bool = False  # a copy is in the dead-letter queue, for it was received too often
    send_at: float | None = None
    brought_back: str = ""  # the body of one that follows


class Schedule(NamedTuple):
    """A schedule: of which message, when it brings it back, with which body, and how it is described."""

    sent: int
    at: float
    body: str
    description: str


class Worker(NamedTuple):
    """An environment at work: where its code stands, on which messages, until when."""

    number: int
    course: Course
    batch: tuple[int, ...]
    ends: float
    frozen: float = 0  # seconds by which its end was put off


class Truth(NamedTuple):
    """What really happened to one recipient: how often accepted, if a reply proved it, if a call stayed open.

    `answer` is the canceller's, if there is one.
    """

    accepted: int = 0
    proven: bool = False
    open: bool = False
    answer: str = ""


@dataclass(slots=True)
class World:
    """Everything; `broken` names the promise that is broken. Copies share parts, so a part is replaced, not changed."""

    messages: tuple[Message, ...]
    workers: tuple[Worker | None, ...]
    left: Bounds
    items: Items
    truth: dict[str, Truth]
    now: float = START
    started: int = 0
    disturbed: bool = False  # a crash, a pause, or a lost write: a submission may rightly end as unknown
    dead_letters: int = 0  # how often a message may still become one
    cancels: int = 0  # how often somebody will still cancel
    token_taken: bool = True  # RealTime took the token, so that a 400 may rightly be called the message's fault
    broken: str = ""
    schedules: tuple[tuple[str, Schedule], ...] = ()  # by name

    def copy(self) -> "World":
        """Return a copy, by place: `replace` takes longer, and this is called for every step."""
        return World(*_values(self))

    def harmed(self, kind: str, *, disturbed: bool = False) -> "World":
        """Return a copy in which one thing less of a kind may go wrong."""
        harmed = self.copy()
        harmed.left = self.left._replace(**{kind: getattr(self.left, kind) - 1})
        harmed.disturbed = self.disturbed or disturbed
        return harmed

    def change(self, sent: int, **changes: Any) -> None:  # noqa: ANN401 (the message's fields, by name)
        changed = self.messages[sent]._replace(**changes)
        self.messages = (*self.messages[:sent], changed, *self.messages[sent + 1 :])

    def put(self, slot: int, worker: Worker | None) -> None:
        self.workers = (*self.workers[:slot], worker, *self.workers[slot + 1 :])

    @property
    def busy(self) -> bool:
        return any(self.workers)

    @property
    def drained(self) -> bool:
        return not self.busy and not self.schedules and all(one.gone and not one.dead for one in self.messages)

    def core(self) -> Hashable:
        """Return what decides the next steps, except how much may go wrong and which of two alike workers acts."""
        return (
            self.now,
            self.messages,
            self.schedules,
            frozenset((work.course.serial, work.batch, work.ends) for work in self.workers if work),
            frozenset(map(essence, self.items.values())),
            self.token_taken,
            self.dead_letters,
            self.cancels,
            tuple((truth.accepted, truth.proven, truth.answer) for truth in self.truth.values()),
        )

    def slack(self) -> int:
        """Return how much may still go wrong, and which excuses are missing: three bits for each, and a bit between.

        Of two worlds with the same core, whatever breaks a promise in one also breaks it in the other, if that one has
        no less of anything.
        """
        packed = int(not self.disturbed)
        for much in (*self.left, *(not truth.open for truth in self.truth.values())):
            packed = packed << 4 | much
        return packed

    def settle(self) -> None:
        """Start time again if nobody is at work; see `table.at_rest`."""
        if self.busy:
            return
        self.messages = tuple(
            one._replace(
                visible_at=START if one.gone else self._moved(one.visible_at),
                expires_at=None if one.expires_at is None else self._moved(one.expires_at),
                send_at=None if one.send_at is None else self._moved(one.send_at),
            )
            for one in self.messages
        )
        self.schedules = tuple((name, one._replace(at=self._moved(one.at))) for name, one in self.schedules)
        self.items = {key: at_rest(item, self.now, START) for key, item in self.items.items()}
        self.now, self.started = START, 0

    def _moved(self, at: float) -> float:
        return max(at - self.now + START, START)


_values = attrgetter(*(field.name for field in fields(World)))  # in the order in which World takes them
