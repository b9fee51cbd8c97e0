"""The steps that the world can take next."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice

from local.model_checker import answers, promise
from local.model_checker.clients import Answer, Ask
from local.model_checker.delivery import Begin, program
from local.model_checker.invocation import Course, Invocation
from local.model_checker.scenario import CALL_SECONDS, INVOCATION, START, VISIBILITY, Scenario
from local.model_checker.table import fields, item_of, key_of, seconds, times
from local.model_checker.world import Message, Truth, Worker, World
from realtime_sms.aws.queues import QueueMessage
from realtime_sms.aws.table import BREAKERS, OPT_OUTS
from send.admission import WRITE_SECONDS

type Step = tuple[str, Callable[[], World]]  # in words; and the world after it, made when it is taken

_ALONE = frozenset({Ask.POST, Ask.BALANCE, Ask.POSTPONE, Ask.TOKEN})
_REDUCED = frozenset({Ask.WRITE, Ask.POST})
_MANY = 2  # receives from which on neither the code nor the delays of the scenario's rules look at how many


class Steps:
    """The steps of one scenario; it remembers the places that production code has reached."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._begun: dict[Begin, Course] = {}

    def initial(self) -> World:
        """Return the world in which all messages were sent and nothing has happened yet."""
        sent = self.scenario.sent
        messages = tuple(
            Message(
                number,
                expires_at=None if one.expires_after is None else START + one.expires_after,
                send_at=None if one.send_after is None else START + one.send_after,
            )
            for number, one in enumerate(sent)
        )
        if any(one.comes_again for one in sent):
            messages += tuple(Message(len(sent) + number, gone=True) for number in range(len(sent)))
        truth = {recipient: Truth() for one in sent for recipient in one.numbers}
        others = (self.scenario.sweeps, self.scenario.dead_letters > 0, self.scenario.cancels > 0)
        items = [item_of(OPT_OUTS, number) for number in self.scenario.opted_out]
        for one in sent:
            newer = self.scenario.unreadable.intersection(one.numbers)
            items += [item_of(one.request_id, number, status=("S", "newer")) for number in newer]
        there = {key_of(item): item for item in items}
        taken = not self.scenario.balances
        world = World(messages, (None,) * (self.scenario.workers + sum(others)), self.scenario.bounds, there, truth)
        world.token_taken, world.cancels, world.dead_letters = taken, self.scenario.cancels, self.scenario.dead_letters
        return world

    def after(self, world: World) -> Iterator[Step]:
        """Yield each step that can be taken now."""
        alone = _alone(world)
        for slot, worker in enumerate(world.workers):
            if worker is not None and alone in {None, slot}:
                yield from self._work(world, slot, worker)
        if alone is not None:
            yield from self._pauses(world)
            return
        yield from self._deliveries(world)
        yield from self._returns(world)
        sweeper = self.scenario.workers
        if self.scenario.sweeps and world.workers[sweeper] is None and _is_overdue(world):
            yield "the sweeper starts", partial(self._begin, world, sweeper, ())
        yield from self._dead_letters(world)
        if world.cancels and world.workers[-1] is None:
            yield "the canceller starts", partial(self._cancel, world)
        if world.busy:
            yield from self._pauses(world)
        elif not world.drained:
            yield from self._waits(world)

    def _work(self, world: World, slot: int, worker: Worker) -> Iterator[Step]:
        name = f"worker {slot}"
        if (fault := worker.course.fault) is not None:
            after = world.copy()
            after.broken = fault
            yield f"{name} fails", lambda: after
            return
        if worker.course.over:
            yield f"{name} ends; what it did not keep is acknowledged", partial(self._acknowledge, world, slot, worker)
        requests = worker.course.requests
        oldest = self.scenario.is_reduced and all(one.ask in _REDUCED for one in requests.values())
        for number, request in islice(requests.items(), 1 if oldest else None):
            for said, after, answer in answers.ways(world, self.scenario, worker, request):
                yield f"{name} {said}", partial(self._answered, after, slot, worker.course, number, answer)
        if world.left.crashes:
            yield f"{name} crashes", partial(_leave, world.harmed("crashes", disturbed=True), slot)

    def _answered(self, world: World, slot: int, course: Course, number: int, answer: Answer | None) -> World:
        worker = world.workers[slot]
        if answer is not None and worker is not None:
            self._go_on(world, slot, course.after((number, answer, world.now, worker.ends)))
        return world

    def _go_on(self, world: World, slot: int, course: Course) -> None:
        """Move a worker to a place of its course, and on as long as its requests are answered at once."""
        worker = world.workers[slot]
        assert worker is not None
        while prompt := self._prompt(world, course):
            course = course.after((*prompt, world.now, worker.ends))
        world.put(slot, worker._replace(course=course))

    def _prompt(self, world: World, course: Course) -> tuple[int, Answer] | None:
        """Return the first request that is answered at once, by its number, with its answer."""
        for number, request in course.requests.items():
            if (answer := answers.prompt(world, self.scenario, request)) is not None:
                return number, answer
        return None

    def _acknowledge(self, before: World, slot: int, worker: Worker) -> World:
        world = before.copy()
        if self.scenario.dead_letters and slot == self._redriver:
            for sent in () if worker.course.kept else worker.batch:
                world.change(sent, dead=False)
            return self._left(world, slot)
        for sent in {sent for sent in worker.batch if str(sent) not in (worker.course.kept or ())}:
            promise.acknowledged(world, self.scenario, world.messages[sent])
            world.change(sent, gone=True)
        if worker.course.kept and not worker.batch:
            promise.answered(world, worker.course.kept)
        return self._left(world, slot)

    def _left(self, world: World, slot: int) -> World:
        after = _leave(world, slot)
        if after.drained:
            promise.drained(after, self.scenario)
        return after

    def _deliveries(self, world: World) -> Iterator[Step]:
        free = [slot for slot in range(self.scenario.workers) if world.workers[slot] is None]
        if not free:
            return
        ready = [one.sent for one in world.messages if not one.gone and one.visible_at <= world.now]
        for sent in ready:
            yield f"message {sent} goes to worker {free[0]}", partial(self._begin, world, free[0], (sent,))
        moved = [sent for sent in ready if self.scenario.is_moved(sent)]
        for lane in (moved, [sent for sent in ready if sent not in moved]):
            if len(lane) > 1:
                yield f"messages {lane} go to worker {free[0]}", partial(self._begin, world, free[0], tuple(lane))
        if not world.left.duplicates:
            return
        for message in world.messages:
            sent = message.sent
            again = (sent, sent) if sent in ready else (sent,)
            if sent in ready or message.receives:
                after = world.harmed("duplicates")
                said = "twice at once" if sent in ready else "once more"
                yield f"message {sent} goes {said} to worker {free[0]}", partial(self._begin, after, free[0], again)

    def _returns(self, world: World) -> Iterator[Step]:
        """Yield what schedules bring back that are due; one may do so again before it is deleted."""
        for name, schedule in world.schedules:
            if schedule.at <= world.now:
                yield f"the schedule of message {schedule.sent} brings it back", partial(_return, world, name)
                if world.left.duplicates:
                    said = f"the schedule of message {schedule.sent} brings it back, and will do so again"
                    yield said, partial(_return, world.harmed("duplicates"), name, again=True)

    @property
    def _redriver(self) -> int:
        """The slot of whoever sends dead letters back."""
        return self.scenario.workers + self.scenario.sweeps

    def _dead_letters(self, world: World) -> Iterator[Step]:
        """Yield moves to the dead-letter queue, of what is not under way, and the way back."""
        if not self.scenario.dead_letters or world.workers[self._redriver] is not None:
            return
        for message in world.messages:
            if message.dead and not self._is_held(world, message.sent):
                what = f"the dead letter {message.sent} is recorded, and sent back"
                yield what, partial(self._begin, world, self._redriver, (message.sent,), redrives=True)
            if world.dead_letters and not message.gone and message.visible_at <= world.now:
                yield f"message {message.sent} becomes a dead letter", partial(_give_up, world, message.sent)

    def _is_held(self, world: World, sent: int) -> bool:
        """Return True if somebody may still be sending what a message asks for: a letter stays until then."""
        held = [fields(world.items.get(key, ())) for key in promise.contents(self.scenario, sent)]
        return any("leaseUntil" in one and world.now < seconds(one["leaseUntil"]) for one in held)

    def _cancel(self, before: World) -> World:
        return self._begin(promise.asked(before), len(before.workers) - 1, (), cancels=True)

    def _begin(self, before: World, slot: int, batch: tuple[int, ...], **how: bool) -> World:
        world = before.copy()
        for sent in batch if slot < self.scenario.workers else ():
            one = world.messages[sent]
            hidden = one.visible_at if one.gone else world.now + VISIBILITY
            world.change(sent, receives=min(one.receives + 1, _MANY), visible_at=hidden)
        received = tuple(
            QueueMessage(str(one.sent), str(one.sent), answers.body_of(self.scenario, one), one.receives)
            for one in map(world.messages.__getitem__, batch)
        )
        world.started += 1
        begin = Begin(world.started, received, world.now, world.now + INVOCATION, **how)
        course = self._course(begin)
        world.put(slot, Worker(begin.number, course, batch, begin.ends))
        self._go_on(world, slot, course)
        return world

    def _course(self, begin: Begin) -> Course:
        if begin not in self._begun:
            run = partial(Invocation, program(self.scenario, begin), now=begin.now, ends=begin.ends)
            self._begun[begin] = Course(run, (), run())
        return self._begun[begin]

    def _pauses(self, world: World) -> Iterator[Step]:
        """Yield pauses of all who are at work: until time is short, and until each time at which something changes."""
        if not (world.left.faults and world.left.pauses):
            return
        freezes = self.scenario.freezes
        needed = 0 if freezes else CALL_SECONDS + WRITE_SECONDS
        short = {worker.ends - needed for worker in world.workers if worker is not None}
        for at in sorted(self._times(world) | short):
            if at > world.now:
                said = "all are frozen" if freezes else "nothing happens"
                yield f"{said} for {at - world.now:g} s", partial(_pause, world, at, freezes=freezes)

    def _waits(self, world: World) -> Iterator[Step]:
        """Yield the time until something can happen; the maintenance function closes breakers meanwhile."""
        if any(schedule.at <= world.now for _, schedule in world.schedules):
            return
        at = min((one for one in self._times(world) if one > world.now), default=None)
        if at is None or any(not one.gone and one.visible_at <= world.now for one in world.messages):
            return
        if any(key[0] == BREAKERS for key in world.items) and world.left.faults:
            yield f"{at - world.now:g} s later the breaker is still open", partial(_wait, world, at, cured=False)
        yield f"{at - world.now:g} s later", partial(_wait, world, at, cured=True)

    def _times(self, world: World) -> set[float]:
        """Return the times at which something changes for a message or a submission."""
        found = {message.visible_at for message in world.messages if not message.gone}
        found |= {schedule.at for _, schedule in world.schedules}
        if world.busy or world.left.duplicates or self.scenario.sweeps or self.scenario.dead_letters:
            found |= times(item for key, item in world.items.items() if key[0] != BREAKERS)
            found |= {message.expires_at for message in world.messages if message.expires_at is not None}
        return found


def _alone(world: World) -> int | None:
    """Return a worker whose next step has the same result before and after every step of others: it is taken first.

    Only the caller sees what RealTime does, and the promise is checked in either order. An early acknowledgement is
    checked the more strictly.
    """
    for slot, worker in enumerate(world.workers):
        if worker and (worker.course.over or any(one.ask in _ALONE for one in worker.course.requests.values())):
            return slot
    return None


def _is_overdue(world: World) -> bool:
    ends = [fields(item).get("openUntil") for item in world.items.values()]
    return any(end is not None and seconds(end) < world.now for end in ends)


def _give_up(before: World, sent: int) -> World:
    """Move a message to the dead-letter queue, as SQS does after too many receives."""
    world = before.copy()
    world.dead_letters -= 1
    world.change(sent, gone=True, dead=True)
    return world


def _return(before: World, name: str, *, again: bool = False) -> World:
    """Put a schedule's message on the queue, as another message than the one that it was made of."""
    world = before.copy()
    schedule = dict(world.schedules)[name]
    world.schedules = tuple(one for one in world.schedules if again or one[0] != name)
    number = schedule.sent + len(world.messages) // 2
    visible = {"visible_at": world.now, "receives": 0, "gone": False, "buried": False}
    world.change(number, brought_back=schedule.body, send_at=schedule.at, **visible)
    return world


def _pause(before: World, at: float, *, freezes: bool) -> World:
    world = before.harmed("faults", disturbed=True).harmed("pauses")
    if freezes:
        by = at - world.now
        world.workers = tuple(one and one._replace(ends=one.ends + by, frozen=one.frozen + by) for one in world.workers)
    world.now = at
    return world


def _wait(before: World, at: float, *, cured: bool) -> World:
    world = before.copy() if cured else before.harmed("faults")
    world.now = at
    if cured:
        world.items = {key: item for key, item in world.items.items() if key[0] != BREAKERS}
    world.settle()
    return world


def _leave(world: World, slot: int) -> World:
    world.put(slot, None)
    world.settle()
    return world
