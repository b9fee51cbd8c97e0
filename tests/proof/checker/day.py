"""A day in the life of a queue: many messages, several environments at once, and an account with its troubles."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import batched
from typing import Any

from local.model_checker import provider
from local.model_checker.answers import found
from local.model_checker.clients import Answer, Ask, AwsClients, Post, Request
from local.model_checker.delivery import TABLE, Begin, program
from local.model_checker.invocation import Invocation
from local.model_checker.scenario import INVOCATION, START, VISIBILITY, Scenario, Sent
from local.model_checker.table import Items, close, fields, perform, probe, trip
from maintenance.breaker_recovery import recover_breakers
from maintenance.gates import set_gates
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.lanes import Lane
from realtime_sms.aws.queues import QueueMessage
from realtime_sms.aws.table import BREAKERS, Table
from realtime_sms.provider.calls import Call, CallResult, Reply
from realtime_sms.vocabulary import MessageType

_BATCH = 10  # messages of an invocation, as the template has it
_TICK = 30.0  # seconds; what becomes visible within them is received together
_MINUTE = 60.0  # seconds between runs of the maintenance function
_GATE_SECONDS = 60.0  # that Lambda takes to enable or disable an event source mapping


class Day:
    """One recipient a message; calls are answered only when nobody can start another.

    All is well but for the balance, the address, the token, and the refresh function, which may get no other. The queue
    is read while its gate is open, by as many environments as there are; each takes its next batch when it is done.
    `received` counts what was received until the gate was closed for the first time.
    """

    def __init__(self, scenario: Scenario, *, messages: int, environments: int) -> None:
        self.now = START
        self.balance = 0
        self.address_is_right = True
        self.token_lives = True
        self.can_refresh = True
        self.refreshes = 0
        self.posts = 0
        self.accepted = Counter[str]()
        self.visible = dict.fromkeys(range(messages), START)
        self.receives = Counter[int]()
        self.gate = _Gate()
        self.received: int | None = None
        self._next_run = START
        self._scenario = scenario
        self._environments = environments
        self._items: Items = {}

    @property
    def statuses(self) -> Counter[str]:
        """Count the submissions by status."""
        return Counter(str(fields(item)["status"]) for key, item in self._items.items() if key[0] != BREAKERS)

    def pass_until(self, end: float) -> None:
        """Let messages be received until this epoch second, or until there is none left."""
        while self.visible and self.now < end:
            if not self.gate.is_open(self.now):
                self.received = self.receives.total() if self.received is None else self.received
                self._run_until(self._next_run)
                continue
            if (due := min(self.visible.values())) >= end:
                return
            self._run_until(max(self.now, due + _TICK))
            if self.gate.is_open(self.now):
                self._receive()

    def _run_until(self, now: float) -> None:
        """Pass time, and run the maintenance function every minute of it."""
        self.now = now
        while self._next_run <= now:
            self._maintain(self._next_run)
            self._next_run += _MINUTE

    def _receive(self) -> None:
        """Receive batches in every environment; a batch takes longer in a lane that is shut."""
        ready = [message for message, at in self.visible.items() if at <= self.now]
        for batches in batched(batched(ready, _BATCH, strict=False), self._environments, strict=False):
            waited = self._send(batches)
            self.now += waited
            if waited and (self.now >= self._next_run or not self.gate.is_open(self.now)):
                return

    def _maintain(self, now: float) -> None:
        """Run the maintenance function's parts that close breakers and set gates."""
        client: Any = AwsClients(self)
        breakers = Breakers(Table(client, TABLE), now=lambda: now)
        recover_breakers(breakers, self._balance, lambda: "held", self._refresh, now=now)
        gate: Any = self.gate
        self.gate.now = now
        set_gates(gate, breakers, None, {MessageType.TRANSACTIONAL: "gate"}, gate, now=now)

    def ask(self, request: Request) -> Answer:
        """Answer at once what the maintenance function asks."""
        return self._answer(request)

    def _balance(self, _call: Call) -> CallResult:
        return Reply(200, json.dumps({"balance": str(self.balance)}).encode()) if self.token_lives else Reply(401)

    def _refresh(self, _refused: str) -> None:
        self.refreshes += 1
        self.token_lives = self.token_lives or self.can_refresh

    def _send(self, batches: Sequence[Sequence[int]]) -> float:
        """Run an invocation for each batch at the same time; return how many seconds the longest slept."""
        runs = [self._begin(place, batch) for place, batch in enumerate(batches)]
        while any(run.requests for run in runs):
            if not any(map(self._answer_at_once, runs)):
                posts = [(run, number, one.given) for run in runs for number, one in run.requests.items()]
                calls = [(run, number, self._called(post)) for run, number, post in posts]
                for run, number, reply in calls:
                    run.answer(number, reply, self.now, run.ends)
        for run, batch in zip(runs, batches, strict=True):
            assert run.kept is not None, run.error
            for message in batch:
                if str(message) not in run.kept:
                    del self.visible[message]
        return max(run.slept for run in runs)

    def _begin(self, place: int, batch: Sequence[int]) -> Invocation:
        self.receives.update(batch)
        self.visible.update(dict.fromkeys(batch, self.now + VISIBILITY))
        records = tuple(QueueMessage(str(one), str(one), _body(one), self.receives[one]) for one in batch)
        begin = Begin(place, records, self.now, self.now + INVOCATION)
        return Invocation(program(self._scenario, begin), now=self.now, ends=begin.ends)

    def _answer_at_once(self, run: Invocation) -> bool:
        """Answer one request that is not a call, and let patience end when nothing else is left; False for none."""
        others = [(number, one) for number, one in run.requests.items() if one.ask is not Ask.POST]
        if not others:
            return False
        number, request = min(others, key=lambda one: one[1].ask is Ask.JOIN)
        run.answer(number, self._answer(request), self.now, run.ends)
        return True

    def _answer(self, request: Request) -> Answer:
        match request.ask:
            case Ask.WRITE:
                written = [perform(self._items, statement) for statement in request.given]
                self._items |= {one.key: one.after for one in written if one.after is not None}
                return tuple(one.code for one in written)
            case Ask.READ:
                return found(self._items, request.given)
            case Ask.TRIP:
                self._items, codes = trip(self._items, request.given)
                return codes
            case Ask.PROBE:
                self._items, codes = probe(self._items, request.given)
                return codes
            case Ask.CLOSE:
                self._items, codes = close(self._items, request.given)
                return codes
            case Ask.POSTPONE:
                self.visible |= {message: self.now + seconds for message, seconds in request.given}
        return ()

    def _called(self, post: Post) -> Answer:
        self.posts += 1
        if not self.address_is_right:
            return provider.outcome("404", len(post.numbers)).result
        if not self.token_lives:
            return provider.outcome("401", len(post.numbers)).result
        if self.balance <= 0:
            return provider.outcome("no balance", len(post.numbers)).result
        self.accepted.update(post.numbers)
        return provider.outcome(provider.ACCEPTED, len(post.numbers)).result


class _Gate:
    """The one lane of the day, and its event source mapping; a change of it takes a while."""

    def __init__(self) -> None:
        self.now = START
        self._lane = Lane(MessageType.TRANSACTIONAL)
        self._enabled, self._since = True, START - _GATE_SECONDS

    def is_open(self, now: float) -> bool:
        """Return True if the queue is read at this epoch second."""
        return self._enabled is (now >= self._since + _GATE_SECONDS)

    def read(self) -> list[Lane]:
        """Return the lane."""
        return [self._lane]

    def note(self, lane: Lane, why: Sequence[str], now: float) -> None:
        """Note why it is closed."""
        self._lane = replace(lane, why=tuple(why), closed_since=now if why else None)

    def get_event_source_mapping(self, **_: object) -> dict[str, str]:
        """Return its state."""
        settled = self.now >= self._since + _GATE_SECONDS
        states = ("Enabled", "Enabling") if self._enabled else ("Disabled", "Disabling")
        return {"State": states[0] if settled else states[1]}

    def update_event_source_mapping(self, **given: Any) -> None:  # noqa: ANN401 (as boto3 takes it)
        """Begin to change it."""
        self._enabled, self._since = given["Enabled"], self.now


def _body(message: int) -> str:
    return Sent((f"+569{message:08}",), request_id=f"r{message}").body(None)
