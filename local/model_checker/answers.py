"""How each request may be answered, well or with a fault, and what that does to the world."""

from collections.abc import Iterator, Sequence
from typing import Any

from local.model_checker import promise, provider
from local.model_checker.clients import (
    Answer,
    Codes,
    DeadLetter,
    Execute,
    Failure,
    Fine,
    Found,
    Get,
    Patience,
    Post,
    Postpone,
    Put,
    Query,
    Request,
    Secret,
    Trip,
)
from local.model_checker.scenario import Scenario
from local.model_checker.table import Item, Key, fields, key_of, perform
from local.model_checker.world import Truth, Worker, World
from realtime_sms.aws.table import BREAKERS, OPT_OUTS
from realtime_sms.provider.calls import NotSent

type Answered = tuple[str, World, Answer | None]

_THROTTLED, _TIMEOUT = Failure(throttled=True), Failure(throttled=False)


def prompt(world: World, scenario: Scenario, request: Request) -> Answer | None:
    """Return the answer at once where no order of events makes a difference: reads of breakers, index and token."""
    if isinstance(request, Secret) and not scenario.secret_faults:
        return Fine()
    if isinstance(request, Get) and all(key[0] in _prompt_reads(scenario) for key in request.keys):
        return _found(world, request)
    if isinstance(request, Query):
        return Found(tuple(item for item in world.items.values() if _listed(item, request)))
    return None


def _prompt_reads(scenario: Scenario) -> set[str]:
    """Return the partitions whose reads cannot fail; those of the opt-outs can if somebody has opted out."""
    return {BREAKERS} if scenario.opted_out else {BREAKERS, OPT_OUTS}


def ways(world: World, scenario: Scenario, worker: Worker, request: Request) -> Iterator[Answered]:
    """Yield every way: its name, the world after it, and the answer; None if the client itself tries again."""
    faults = world.left.faults > 0 and (scenario.store_faults or isinstance(request, Post))
    match request:
        case Execute():
            yield from _executed(world, request, faults=faults)
        case Post():
            yield from _posted(world, scenario, worker, request, faults=faults)
        case Patience():
            yield "waits for no more writes to join", world.copy(), Fine()
        case Get():
            yield "reads", world.copy(), _found(world, request)
            if faults:
                yield "cannot read", _harmed(world, disturbed=True), _THROTTLED
        case Trip():
            yield _tripped(world, request)
            if faults:
                yield "cannot open the breaker", _harmed(world), _THROTTLED
        case _:
            after = world.copy()
            _do(after, scenario, request)
            yield type(request).__name__.lower(), after, Fine()
            if faults:
                yield f"{type(request).__name__.lower()} fails", _harmed(world), _THROTTLED
                lost = _harmed(world)
                _do(lost, scenario, request)
                yield f"{type(request).__name__.lower()}, and its reply is lost", lost, _TIMEOUT


def _executed(world: World, request: Execute, *, faults: bool) -> Iterator[Answered]:
    every = range(len(request.statements))
    after, codes = _apply(world.copy(), request, every)
    yield "writes", after, Codes(codes)
    if not faults:
        return
    claims = not any(codes) and all(fields(after.items[key])["status"] == "sending" for key in _keys(world, request))
    yield "cannot write", _harmed(world, disturbed=not claims), _THROTTLED
    if any(not code for code in codes):
        lost, _ = _apply(_harmed(world, disturbed=True), request, every)
        yield "writes; the reply is lost", lost, _TIMEOUT
        tried, _ = _apply(_harmed(world), request, every)
        yield "writes; the reply is lost, and the client tries again", tried, None
    for place in every if len(every) > 1 else ():
        others = [other for other in every if other != place]
        partly, codes = _apply(_harmed(world, disturbed=not claims), request, others)
        yield f"writes all but number {place}", partly, Codes(codes)
        begun, _ = _apply(_harmed(world, disturbed=True), request, every[: place + 1])
        if place < every[-1]:
            yield f"writes up to number {place}; the reply is lost", begun, _TIMEOUT


def _keys(world: World, request: Execute) -> Iterator[Key]:
    return (perform(world.items, statement).key for statement in request.statements)


def _apply(world: World, request: Execute, places: Sequence[int]) -> tuple[World, tuple[str, ...]]:
    codes = ["ThrottlingError"] * len(request.statements)
    if len(set(_keys(world, request))) < len(request.statements):
        world.broken = "one call writes an item twice, which DynamoDB refuses"
    for place in places:
        written = perform(world.items, request.statements[place])
        codes[place] = written.code
        if not written.code and written.after is not None:
            world.items = {**world.items, written.key: written.after}
            promise.wrote(world, written)
    return world, tuple(codes)


def _posted(world: World, scenario: Scenario, worker: Worker, request: Post, *, faults: bool) -> Iterator[Answered]:
    if world.now >= request.latest:
        yield "does not call RealTime any more", world.copy(), NotSent("late")
        return
    for name in (provider.ACCEPTED, *(scenario.answers if faults else ())):
        outcome = provider.outcome(name, len(request.numbers))
        after = world.copy() if name == provider.ACCEPTED else _harmed(world)
        promise.called(after, worker.number, request)
        for number, taken in zip(request.numbers, outcome.accepts, strict=True):
            before = after.truth[number]
            count = min(before.accepted + taken, 2)
            truth = Truth(count, before.proven or (taken and outcome.proves), before.open or outcome.open)
            after.truth = {**after.truth, number: truth}
            if taken:
                promise.accepted(after, scenario, number)
        yield f"calls RealTime: {name}", after, outcome.exchange


def _tripped(world: World, request: Trip) -> Answered:
    after = world.copy()
    key = (BREAKERS, request.breaker)
    if key in after.items:
        return "finds the breaker open", after, Codes(("ConditionalCheckFailedException",))
    item: dict[str, tuple[str, str]] = {
        "requestId": ("S", BREAKERS),
        "recipient": ("S", request.breaker),
        "reason": ("S", request.reason),
        "since": ("N", request.since),
        "times": ("N", "1"),
    }
    after.items = {**after.items, key: tuple(sorted(item.items()))}
    return f"opens the breaker {request.breaker}", after, Fine()


def _do(world: World, scenario: Scenario, request: Request) -> None:
    match request:
        case Postpone():
            for sent, seconds in request.delays:
                if world.messages[sent].visible_at > world.now:
                    _change(world, sent, visible_at=world.now + seconds)
        case DeadLetter():
            for sent, message in enumerate(world.messages):
                if scenario.sent[sent].body(message.expires_at) == request.body:
                    promise.buried(world, scenario, sent)
                    _change(world, sent, buried=True)
        case Put():
            world.items = {**world.items, key_of(request.item): request.item}


def _change(world: World, sent: int, **changes: Any) -> None:  # noqa: ANN401 (the message's fields, by name)
    messages = list(world.messages)
    messages[sent] = messages[sent]._replace(**changes)
    world.messages = tuple(messages)


def _harmed(world: World, *, disturbed: bool = False) -> World:
    after = world.copy()
    after.left = after.left._replace(faults=after.left.faults - 1)
    after.disturbed = after.disturbed or disturbed
    return after


def _found(world: World, request: Get) -> Found:
    return Found(tuple(world.items[key] for key in request.keys if key in world.items))


def _listed(item: Item, request: Query) -> bool:
    named = fields(item)
    return named.get("openShard") == request.shard and named["openUntil"] < request.until
