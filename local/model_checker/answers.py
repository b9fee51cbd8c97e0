"""How each request may be answered, well or with a fault, and what that does to the world."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from local.model_checker import promise, provider
from local.model_checker.clients import Answer, Ask, Failed, Post, Request
from local.model_checker.scenario import Scenario
from local.model_checker.table import Item, Items, Key, Written, close, fields, key_of, perform, probe, trip
from local.model_checker.world import Message, Schedule, Truth, Worker, World
from realtime_sms.aws.table import BREAKERS, OPT_OUTS
from realtime_sms.outcomes.submission import iso
from realtime_sms.provider.calls import NotSent, Reply

type Answered = tuple[str, World, Answer | None]

_CHANGES: Final[dict[Ask, Callable[[Items, Any], tuple[Items, tuple[str, ...]]]]] = {
    Ask.TRIP: trip,
    Ask.PROBE: probe,
    Ask.CLOSE: close,
}


def prompt(world: World, scenario: Scenario, request: Request) -> Answer | None:
    """Return the answer at once where no order of events makes a difference: reads of breakers, index and token."""
    match request.ask:
        case Ask.TOKEN if not scenario.secret_faults:
            return ()
        case Ask.BALANCE if not scenario.balances:
            return Reply(HTTPStatus.OK)
        case Ask.LIST:
            return tuple(item for item in world.items.values() if _is_listed(item, *request.given))
        case Ask.READ:
            # Reads of the opt-outs may fail only if somebody has opted out.
            at_once = {BREAKERS} if scenario.opted_out else {BREAKERS, OPT_OUTS}
            return found(world.items, request.given) if all(key[0] in at_once for key in request.given) else None
    return None


def _is_listed(item: Item, shard: str, until: str) -> bool:
    named = fields(item)
    return named.get("openShard") == shard and named["openUntil"] < until


def found(items: Items, keys: Sequence[Key]) -> tuple[Item, ...]:
    """Return the items that exist."""
    return tuple(items[key] for key in keys if key in items)


def ways(world: World, scenario: Scenario, worker: Worker, request: Request) -> Iterator[Answered]:  # noqa: C901 (a case for each request)
    """Yield every way: its name, the world after it, and the answer; None if the client itself tries again."""
    ask, given = request.ask, request.given
    faults = world.left.faults > 0 and (scenario.store_faults or ask in {Ask.POST, Ask.BALANCE})
    match ask:
        case Ask.WRITE:
            yield from _written(world, given, faults=faults)
        case Ask.POST:
            yield from _posted(world, scenario, worker, given, faults=faults)
        case Ask.JOIN:
            yield "waits for no more writes to join", world.copy(), ()
        case Ask.READ:
            yield "reads", world.copy(), found(world.items, given)
            if faults:
                yield "cannot read", world.harmed("faults", disturbed=True), Failed.THROTTLED
        case Ask.BALANCE:
            yield from _balance(world, scenario, faults=faults)
        case Ask.TRIP | Ask.PROBE | Ask.CLOSE:
            after = world.copy()
            after.items, codes = _CHANGES[ask](world.items, given)
            yield f"{ask}{', which another did' if codes else ''}", after, codes
            if faults:
                yield f"{ask}: fails", world.harmed("faults"), Failed.THROTTLED
        case Ask.FIND:
            found_one = dict(world.schedules).get(given)
            yield ask, world.copy(), (found_one.at, found_one.description) if found_one else ()
        case Ask.SCHEDULE if given[0] in dict(world.schedules):
            yield "finds that it is scheduled", world.copy(), ("ConflictException",)
        case _:
            yield ask, _done(world.copy(), scenario, request), ()
            if faults:
                yield f"{ask} fails", world.harmed("faults"), Failed.THROTTLED
                yield f"{ask}, and its reply is lost", _done(world.harmed("faults"), scenario, request), Failed.TIMEOUT


def _written(world: World, statements: Sequence[Any], *, faults: bool) -> Iterator[Answered]:
    every = range(len(statements))
    after, codes = _apply(world.copy(), statements, every)
    yield "writes", after, codes
    if not faults:
        return
    keys = [perform(world.items, statement).key for statement in statements]
    claims = not any(codes) and all(fields(after.items[key])["status"] == "sending" for key in keys)
    yield "cannot write", world.harmed("faults", disturbed=not claims), Failed.THROTTLED
    if any(not code for code in codes):
        lost, _ = _apply(world.harmed("faults", disturbed=True), statements, every)
        yield "writes; the reply is lost", lost, Failed.TIMEOUT
        tried, _ = _apply(world.harmed("faults"), statements, every)
        yield "writes; the reply is lost, and the client tries again", tried, None
    for place in every if len(every) > 1 else ():
        others = [other for other in every if other != place]
        partly, codes = _apply(world.harmed("faults", disturbed=not claims), statements, others)
        yield f"writes all but number {place}", partly, codes
        if place < every[-1]:
            begun, _ = _apply(world.harmed("faults", disturbed=True), statements, every[: place + 1])
            yield f"writes up to number {place}; the reply is lost", begun, Failed.TIMEOUT


def _apply(world: World, statements: Sequence[Any], places: Sequence[int]) -> tuple[World, tuple[str, ...]]:
    codes = ["ThrottlingError"] * len(statements)
    if len({perform(world.items, statement).key for statement in statements}) < len(statements):
        world.broken = "one call writes an item twice, which DynamoDB refuses"
    for place in places:
        written = perform(world.items, statements[place])
        codes[place] = written.code
        if not written.code and written.after is not None:
            world.items = {**world.items, written.key: written.after}
            promise.wrote(world, written)
    return world, tuple(codes)


def _posted(world: World, scenario: Scenario, worker: Worker, post: Post, *, faults: bool) -> Iterator[Answered]:
    if world.now >= post.latest:
        yield "does not call RealTime any more", world.copy(), NotSent("late")
        return
    for name in (provider.ACCEPTED, *(scenario.answers if faults else ())):
        outcome = provider.outcome(name, len(post.numbers))
        after = world.copy() if name == provider.ACCEPTED else world.harmed("faults")
        promise.called(after, scenario, worker.number, post)
        for number, taken in zip(post.numbers, outcome.accepts, strict=True):
            before = after.truth[number]
            count = min(before.accepted + taken, 2)
            truth = Truth(
                count, before.proven or (taken and outcome.proves), before.open or outcome.open, before.answer
            )
            after.truth = {**after.truth, number: truth}
            if taken:
                promise.accepted(after, scenario, number)
        yield f"{Ask.POST}: {name}", after, outcome.result


def _balance(world: World, scenario: Scenario, *, faults: bool) -> Iterator[Answered]:
    """Answer *Get balance*, which takes the token unless something is wrong with it."""
    after = world.copy()
    after.token_taken = True
    yield f"{Ask.BALANCE}: the token is taken", after, Reply(HTTPStatus.OK)
    for name in scenario.balances if faults else ():
        yield f"{Ask.BALANCE}: {name}", world.harmed("faults"), provider.BALANCES[name]


def _done(world: World, scenario: Scenario, request: Request) -> World:  # noqa: C901 (as `ways`)
    match request.ask:
        case Ask.POSTPONE:
            for sent, seconds in request.given:
                if world.messages[sent].visible_at > world.now:
                    world.change(sent, visible_at=world.now + seconds)
        case Ask.BURY:
            for sent, message in enumerate(world.messages):
                if body_of(scenario, message) == request.given:
                    promise.buried(world, scenario, sent)
                    world.change(sent, buried=True)
        case Ask.SEND_BACK:
            _send_back(world, scenario, json.loads(request.given))
        case Ask.MOVE:
            _move(world, scenario, request.given)
        case Ask.SCHEDULE:
            name, at, body, description = request.given
            number = next(one.sent for one in world.messages if _asks_for(scenario, one, description))
            made = Schedule(number, at, body, description)
            world.schedules = tuple(sorted({**dict(world.schedules), name: made}.items()))
        case Ask.PUT:
            key = key_of(request.given)
            before, world.items = world.items.get(key), {**world.items, key: request.given}
            promise.wrote(world, Written(key, before, request.given))
    return world


def _send_back(world: World, scenario: Scenario, request: object) -> None:
    for sent, message in enumerate(world.messages):
        if message.dead and json.loads(body_of(scenario, message)) == request:
            world.change(sent, visible_at=world.now, receives=0, gone=False)


def _move(world: World, scenario: Scenario, bodies: Sequence[str]) -> None:
    """Put messages on the promotional queue, as others than those that they were made of."""
    texts = [one.text for one in scenario.sent]
    for body in bodies:
        number = len(texts) + texts.index(json.loads(body)["message"]["text"])
        world.change(number, brought_back=body, visible_at=world.now, receives=0, gone=False, buried=False)


def _asks_for(scenario: Scenario, message: Message, content_hash: str) -> bool:
    return content_hash in promise.contents(scenario, message.sent).values()


def body_of(scenario: Scenario, message: Message) -> str:
    """Return the body that a message has now: times move while nobody is at work."""
    if not message.brought_back:
        return scenario.of(message.sent).body(message.expires_at, message.send_at)
    return message.brought_back if message.send_at is None else _at_time(message.brought_back, message.send_at)


@cache
def _at_time(body: str, send_at: float) -> str:
    return json.dumps(json.loads(body) | {"sendAt": iso(send_at)})
